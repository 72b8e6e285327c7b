"""The shell: request cycle, declared access, forms, answers to errors, the API's manners, navigation, design system."""
