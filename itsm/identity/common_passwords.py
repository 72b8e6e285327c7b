"""Passwords of eight characters and more that are used most often, in lower case: they are guessed first."""

COMMON_PASSWORDS = frozenset(
    """
!qaz2wsx 00000000 000000000 0000000000 01011980 01011990 01012000 01234567 012345678 0123456789 0987654321 10203040
1020304050 102030405060 11111111 111111111 1111111111 11112222 11223344 1122334455 112233445566 12121212 12131415
123123123 1231231234 123123123a 123321123 12341234 12344321 123454321 1234554321 12345612 123456123 123456123456
12345678 123456780 123456789 1234567890 12345678900 1234567891 12345678910 1234567899 123456789a 12345678a 12345679
1234567a 123456qwe 12345qwe 12345qwert 1234qwer 1234qwerasdf 1234zxcv 123789456 13131313 147258369 147852369 159159159
159357456 159753456 19191919 19841984 19851985 19861986 19871987 19881988 19891989 19901990 1q2w3e4r 1q2w3e4r5t
1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qaz@wsx 1qazxsw2 20002000 20102010 20202020 22222222 27182818 31415926 314159265
314159265358 321321321 33333333 44444444 456789123 55555555 66666666 741852963 77777777 789456123 87654321 88888888
888888888 963852741 987654321 9876543210 987654321a 99999999 999999999 a12345678 a123456789 a1b2c3d4 a1b2c3d4e5
a1s2d3f4 aa123456 aa12345678 aaa12345 aaaaaaaa aaaaaaaaa aabbccdd abc12345 abc123456 abc123abc abc123def abcabc123
abcd1234 abcd12345 abcdabcd abcde12345 abcdef123 abcdefg1 abcdefgh abcdefghi access123 access14 admin123 admin123!
admin1234 admin12345 admin123456 admin2023 admin2024 admin2025 admin2026 admin@123 adminadmin administrador
administrator administrator1 adminpassword alejandra alejandro alexander alexander1 alexandra amanda123 america1
american andrew123 android1 angel123 angel1234 angels123 apple123 argentina arsenal1 arsenal123 asd123456 asdasdasd
asdf1234 asdfasdf asdfasdfasdf asdfgh123 asdfghjk asdfghjkl asdqwe123 ashley123 assassin asshole1 athens123 australia
autumn2023 autumn2024 autumn2025 autumn2026 azerty123 azertyuiop babyboy1 babygirl babygirl1 babygirl123 bacardi1
bailey123 banana123 barbie123 barcelona barcelona1 baseball baseball1 basketball basketball1 batman123 beautiful
beautiful1 beckham7 benjamin benjamin1 birthday birthday1 bitch123 blahblah blessed1 blessing blink182 blizzard1
blueberry blueberry1 bonjour1 boston123 brasil123 budweiser bullshit business buster123 butterfly butterfly1
california callofduty camping1 canada123 carolina caroline catherine celtic123 champion champion1 changeit changeme
changeme1 changeme123 changepassword charlie1 charlie123 cheese123 chelsea1 chelsea123 cherry123 chevrolet cheyenne
chicago1 chocolate chocolate1 christian christina christmas christmas1 christopher cinderella cisco123 colombia
company1 company123 computer computer1 computer123 contrasena contrasena1 contraseña cookie123 corazon1 corvette
counterstrike cowboys1 creative crystal1 cupcake1 cupcake123 dallas123 daniel123 darkknight darkness database december
december1 december25 default1 default123 deutschland diamond1 diamond123 doggie123 dolphin1 dolphins doudou123
dragon12 dragon123 dragonball dreamer1 drummer1 elephant elizabeth elizabeth1 eminem123 england1 espana123 estrella
estrella1 facebook facebook1 faith123 february february1 fernanda fernando ferrari1 firebird fisherman fishing1
florida1 flower123 flowers1 football football1 football123 fortnite fortnite1 fotboll1 francaise freedom1 freedom123
friday123 fuckoff1 fuckyou! fuckyou1 fuckyou123 fuckyou2 fussball gabriel1 gabriela gamer123 gandalf1 gangster
garfield geheim123 germany1 ginger123 godfather goodmorning google123 gorgeous goteborg1 greenday1 gryffindor guest123
guest1234 guitar123 hallo123 hallo1234 hamburger harley123 harleydavidson harrypotter heaven123 hejhej123 hejhejhej
hejsan123 hellas123 hello123 hello1234 hello12345 hellohello hellokitty helpdesk helpdesk1 helpdesk123 hockey123
hogwarts holiday1 hunter12 hunter123 hunting1 hurricane icecream icecream1 ilovegod iloveme1 iloveu123 iloveyou
iloveyou! iloveyou1 iloveyou123 iloveyou2 iloveyou3000 instagram internet internet1 internet123 iphone123 ireland1
ironmaiden isabella jackdaniels january1 jennifer jennifer1 jessica1 jessica123 jesus123 jesus1234 jesuschrist
jetaime1 jonathan jordan123 jordan23 juventus kawasaki killer123 kitty123 kittycat kobe1234 lakers123 laptop123
lebron23 leonardo letmein! letmein1 letmein12 letmein123 letmeinnow liberty1 lightning linkedin liverpool liverpool1
lkjhgfdsa login123 login1234 loginlogin lollipop lollypop london123 lordoftherings losenord loulou123 lovejesus
lovelove lovely123 loveme123 loveyou1 lösenord lösenord1 madrid123 maggie123 manager1 manager123 manchester
manchester1 maradona marina123 mariposa marlboro1 master12 master123 master1234 masterkey matthew1 mercedes mercedes1
messi123 metallica metallica1 mexico123 michael1 michael123 michaeljordan michelle michelle1 mickeymouse microsoft
microsoft1 midnight midnight1 minecraft minecraft1 mnbvcxz1 monday123 monkey12 monkey123 montana1 moonlight motdepasse
motherfucker mountain mountain1 musiclover mustang1 mylove123 mypassword mysecret nathaniel network1 newpassword
newyork1 nicole123 nightmare ninja123 nintendo nirvana1 november november1 october1 office123 oldpassword opensesame
operator oracle123 orange123 p@$$w0rd p@ssw0rd p@ssword p@ssword1 pa$$w0rd pa$$word passw0rd password password!
password01 password1 password1! password11 password12 password123 password123! password1234 password12345 password2
password22 password99 passwort passwort1 passwort123 passwörter patricia patriots peanut123 pepper123 phoenix1
pineapple pizza123 player123 playstation poiuytrewq pokemon1 pokemon123 pooh1234 popcorn1 porsche1 porsche911 portugal
precious precious1 princesa princesa1 princess princess1 princess123 printer1 pumpkin1 pumpkin123 puppy123 purple123
pussycat q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qwe123456 qwe123qwe qweasd123 qweasdzxc qweqweqwe qwert123 qwert12345
qwerty01 qwerty12 qwerty123 qwerty123! qwerty1234 qwerty12345 qwerty123456 qwertyqwerty qwertyu1 qwertyui qwertyuiop
qwertyuiop123 qwertz123 qwertzui qwertzuiop rainbow1 rainbow123 rangers1 raspberry realmadrid rocknroll rockstar
rockstar1 ronaldo123 ronaldo7 root1234 rootroot router123 samantha samantha1 sample123 samsung1 samsung123 samurai1
saturday scarface schalke04 schatz123 scorpio1 scorpion scotland sebastian secret12 secret123 secretpassword security
security1 security123 september september1 server123 service1 service123 servicedesk shadow12 shadow123 simpsons
skywalker slipknot1 snoopy123 snowball snowflake soccer123 softball1 soleil123 sommar123 sommar2023 sommar2024
sommar2025 sonnenschein spiderman spiderman1 spongebob spring2023 spring2024 spring2025 spring2026 stargate starlight
startrek starwars starwars1 steelers stephanie stockholm stockholm1 strawberry summer01 summer123 summer2020
summer2021 summer2022 summer2023 summer2023! summer2024 summer2024! summer2025 summer2025! summer2026 summer2026!
sunday123 sunflower sunflower1 sunshine sunshine1 sunshine123 superadmin superman superman1 superman123 superuser
support1 support123 sverige1 sverige123 sweetheart sweetie1 sysadmin sysadmin1 system32 teamo123 teamomucho temp1234
temporal temporary tequiero tequila1 terminator test1234 test12345 test123456 tester123 testing1 testing123 testpass
testtest testtest1 thepassword thomas123 thunder1 thunder123 thursday tigger123 tinkerbell toor1234 topsecret tornado1
trucker1 trustno1 trustno1! tuesday1 twitter1 user1234 user12345 username username1 userpassword vacation valentin
valentina venezuela victoria victoria1 vinter2024 vinter2025 voldemort volleyball warcraft warcraft1 watermelon
wednesday welcome! welcome01 welcome1 welcome1! welcome12 welcome123 welcome2 welcome2023 welcome2024 welcome2025
welcome2026 welcome@123 whatever whatever1 whatsapp william1 windows1 windows10 windows11 windows7 windowsxp winnie123
winter123 winter2020 winter2021 winter2022 winter2023 winter2023! winter2024 winter2024! winter2025 winter2025!
winter2026 winter2026! wireless xbox360! yamaha123 yankees1 yellow123 yourpassword youtube1 zaq12wsx zaq1xsw2 zaq1zaq1
zidane123 zxcvbnm, zxcvbnm,. zxcvbnm1 zxcvbnm123 zxcvzxcv zxczxczxc
""".split()  # noqa: SIM905 (a list of words reads better as text)
)
