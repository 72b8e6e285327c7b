"""The desk: queues, the board, work on many tickets at once, and lists that leave as files.

Vocabulary: a *queue* is a view of tickets, either ready-made or a *saved view* (name, query, columns, order, grouping,
colours); a *choice* is what one person set for one queue (its columns, whether it is a favourite); a *tone* is the
colour that a rule of a saved view gives to a row. A *bulk* is a set of changes for many tickets; its *plan* says what
would change and what would be refused.
"""
