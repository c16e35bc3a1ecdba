"""What kind of term a listed word is, and which texts mention whom: written for this project, by hand.

A published list mixes words that are sexual in every text with words of medicine, slang with another sense,
swearing and slurs; some hold beer, hell, condoms and "homosexual". Only the first kind is evidence by itself
(ROOTS: words that are systematically sexual in pornographic text; no medicine, no insults, no words for race,
orientation or minorities). Of the English list `WEAK`, `SLANG` and `IGNORED` are taken out; of the others
`SEXUAL` names what is left. `WEAK` counts only beside a strong word, `SLANG` only where different ones meet,
`IGNORED` never: a text that quotes a slur or swears is not adult. `PHRASES` are strong as a whole. `MENTIONS`
speaks for nothing: the report compares what is removed among the texts with such a term and the others, and
words of health take points away.
"""

from __future__ import annotations

__all__ = ["ADDRESS_WORDS", "DISGUISED", "IGNORED", "MENTIONS", "PHRASES", "SEXUAL", "SLANG", "WEAK"]


def _sets(rows: dict[str, str]) -> dict[str, frozenset[str]]:
    return {name: frozenset(text.split("|")) for name, text in rows.items()}


def _pairs(first: str, second: str) -> frozenset[str]:
    return frozenset(f"{a} {b}" for a in first.split("|") for b in second.split("|"))


#: Words of medicine, anatomy, law, religion and everyday life that the lists hold as well.
WEAK = _sets(
    {
        "en": (
            "anal|anus|beastiality|bestiality|big black|black cock|bondage|butt|buttcheeks|cialis"
            "|clitoris|coon|coons|date rape|dog style|domination|ejaculation|erotic|erotism|eunuch"
            "|fecal|g-spot|gay sex|genitals|girl on|grope|homoerotic|hot chick|how to kill"
            "|how to murder|huge fat|humping|incest|intercourse|jelly donut|lemon party|lovemaking"
            "|masturbate|masturbating|masturbation|missionary position|mong|mr hands|nipple|nipples"
            "|nsfw|nude|nudity|nutten|octopussy|one cup two girls|orgasm|paedophile|paedophilia|panty"
            "|pedophile|pegging|penis|playboy|pleasure chest|pornography|pubes|rape|raping|rapist"
            "|rectum|sadism|santorum|scat|semen|sex|sexo|sexual|sexuality|sexually|skeet|snowballing"
            "|sodomize|sodomy|spread legs|style doggy|suck|sucks|swastika|tainted love|taste my"
            "|throating|tied up|tongue in a|undressing|urophilia|vagina|viagra|vibrator|violet wand"
            "|voyeur|vulva|white power|xx|zoophilia"
        ),
        "fr": (
            "anus|baiser|bander|bite|branler|branleuse|caca|chatte|clito|clitoris|con|couilles|cul"
            "|enculé|enculée|folle|foutre|gueule|jouir|merde|ménage à trois|nichon|orgasme|porno"
            "|pornographie|putain|pute|pédale|pénis|salope|sein|seins|sexe|suce|vagin|vulve"
        ),
        "es": (
            "ano|chupada|clítoris|coño|culo|desnudo|esperma|haciendo el amor|mierda|orgasmo|orina"
            "|pene|pezones|pezón|porno|pornografía|prostituta|puta|puto|racista|ramera|recto|semen"
            "|sexo|sexo oral|sexual|trio|tía buena|vagina|verga|violación|vulva"
        ),
        "pt": (
            "aborto|anus|bumbum|camisinha|caralho|chupar|clitoris|clítoris|coito|comer|cu|ejaculação"
            "|esperma|fecal|fezes|foda|foder|gozar|incesto|lolita|masturbar|merda|nudez|orgasmo|pau"
            "|pinto|porno|pornografia|puta|pênis|sacanagem|saco|seios|sexo|sexual|torneira|transar"
            "|vagina|vibrador|ânus"
        ),
        "ar": (
            "احتلام|استمناء|بظر|ثدي|جماع|جنس|جنسي|حلمة|حمار|خنزير|شاذ|شرج|شهوة|عاهرة|فرج|قضيب|كلب|لحس"
            "|لعق|لوطي|مص|مني|مهبل"
        ),
        "hi": "कुत्ता|गधा|गुदा|योनि|यौन|लिंग|वीर्य|सुअर|सेक्स|स्तन|हस्तमैथुन",
        "zh": (
            "下賤|下贱|乳头|乳房|他妈的|做爱|包皮|卖淫|同性恋|处女|外阴|奶子|妈的|妓女|娘的|嫖娼|嫖客|射精|干你|強姦|强奸|强奸你|性|性交|性感|性爱|情色|成人|手淫"
            "|招妓|放荡|放蕩|日你|月经|淫|淫乱|淫亂|淫妇|淫婦|淫秽|淫荡|激情|祖宗|精子|精液|色情|裸体|賤人|贱人|轮奸|阴唇|阴户|阴核|阴毛|阴茎|阴道|阴部|陰莖"
            "|陰道|靠腰|高潮|鸡奸|龟头"
        ),
    }
)

#: Slang with an innocent sense, and words of texts about pornography: evidence where different ones meet.
SLANG = _sets(
    {
        "en": (
            "adult entertainment|adult movie|adult toys|adults only|amateurs|anal sex|babes"
            "|bare it all|bareback|bares all|beaver|big breasts|bimbos|boner|boob|boobs|booty call"
            "|busty|camel toe|cheating wives|cock|cocks|coeds|dick|dildo|dildos|dirty girls|erotica"
            "|escort|fetish|fingering|free galleries|free pics|free sex|fuck|fucking|girl on top"
            "|group sex|hand job|hard cocks|hard core|hardcore|hidden cam|hidden cams|hooker"
            "|hot babes|hot chicks|hot girls|hot pics|hotties|kinky|live cam|live cams|live girls"
            "|lolita|lonely wives|naked|naked girls|naked pictures|naked women|nasty girl|nasty girls"
            "|naughty|nude girls|nude photos|nude pics|nude pictures|nude women|oral sex|orgasms"
            "|orgies|orgy|panties|peep show|porn|porn site|porn sites|porno|raunchy|schoolgirls"
            "|sex acts|sex on the side|sex shows|sex tape|sex toys|sexiest girls|sexual encounters"
            "|sexual fantasies|sexy|sexy girls|slut|sluts|smut|snatch|spunk|strip club|striptease"
            "|swinger|swingers|teenies|topless|uncensored|webcam|webcam girls|wet dream|whore|whores"
            "|wild girls|x rated|xxx rated|your fantasies"
        ),
    }
)

#: What such people and shows are called, and what a page says before it lets one in.
_PEOPLE = (
    "amateurs|babes|celebrities|celebs|cheerleaders|chicks|coeds|couples|girls|grannies|guys|housewives|ladies"
    "|lesbians|men|models|moms|mothers|schoolgirls|singles|sluts|teens|wives|women"
)
SLANG["en"] |= (
    _pairs("dirty|naked|nasty|naughty|nude|sexy|steamy|wild", _PEOPLE)
    | _sets(
        {
            "en": (
                "18 only|adult content|adult film|adult films|adult material|adult materials|adult movie"
                "|adult oriented|amateur videos|asses|call girls|casual sex|chat line|chat lines|dirty talk"
                "|discreet encounters|erotic massage|erotic stories|erotik|explicit material|free nude|fuk"
                "|get laid|getting laid|hot singles|intimate encounters|must be 18|nekkid|no minors|nudes"
                "|orgasmic|orgazm|seks|sensual massage|sexually explicit|sexually oriented|strip show"
                "|strip shows|strippers|talk dirty|talking dirty|turn you on|wild sex"
            )
        }
    )["en"]
)

#: Swearing and slurs: never evidence of adult content.
IGNORED = _sets(
    {
        "en": (
            "2 girls 1 cup|apeshit|arse|arsehole|ass|asshole|bastard|bastardo|beaner|beaners|bitch"
            "|bitches|bollocks|bulldyke|bullshit|butthole|circlejerk|clusterfuck|cummings|darkie|fag|faggot"
            "|fuckin|fucktards|goatse|god damn|honkey|jigaboo|jiggaboo|jiggerboo|kike|motherfucker"
            "|negro|neonazi|nig nog|nigga|nigger|paki|pedobear|piece of shit|pikey|pissing|poof|poon"
            "|raghead|shemale|shit|shitblimp|shitty|slanteye|spastic|spic|tosser|towelhead|tranny"
            "|tushy|twat|twink|twinkie|two girls one cup|wank|wetback|🖕"
        ),
    }
)

#: What is sexual in every text, of published lists other than English; the rest of them is weak or ignored.
SEXUAL = _sets(
    {
        "fr": (
            "brackmard|branlette|brouter le cresson|cramouille|palucher|sac à foutre|teuch|tringler"
            "|troncher|turlute"
        ),
        "es": ("chupapollas|follador|follar|hacer una paja|macizorra|mamada|tetas grandes"),
        "pt": ("boceta|braulio de borracha|chochota|dar o rabo|esporra|queca|xana|xochota"),
        "ar": "بزاز|تمص|زب|سكس|طيز|كس|نيك",
        "hi": (
            "choochi|choot|chuchi|chudaap|chudai khanaa|chudam chudai|chut|gaandmasti|lund|lund choos"
            "|lund khajoor|mooh mein le|mutth"
        ),
        "zh": (
            "三级片|乳交|乳波臀浪|双峰微颤|口交|叫床|大鸡巴|小骚货|巨乳|抽插|操逼|浪叫|淫水|湿透的内裤|肉壁|肉棍子|肉棒|肉缝|肛交|雞巴|骚货|骚逼|鸡吧|鸡巴"
        ),
    }
)

#: Strong as a whole: what sellers of pornography call their goods.
PHRASES = _sets(
    {
        "en": (
            "adult ads|adult chat|adult classifieds|adult club|adult dating|adult dvd|adult dvds"
            "|adult images|adult match|adult movies|adult passwords|adult personals|adult photos"
            "|adult pics|adult pictures|adult site|adult sites|adult stories|adult super store"
            "|adult video|adult videos|adult web sites|adult webcam|adult webcams|adult websites"
            "|adults only newsletter|all the porn|amateur sex|anal action|animal porn|animal sex"
            "|cock sucking|cum in my|cum shot|cum shots|forced sex|free porn|fuck me|fucked hard"
            "|fucking hard|hardcore action|hardcore movies|hardcore pics|hardcore porn|hardcore sex"
            "|hardcore teens|hardcore xxx|horny girls|horny housewives|horny teens|horny wives"
            "|hot and horny|hot porn|hot sex|hot teens|huge cock|huge cocks|huge tits|lesbian action"
            "|lesbian sex|lesbian teens|lesbo|lesbos|lick my|live nude girls|live sex|live sex shows"
            "|naked teens|nude celebrities|nude celebs|nude photos of|nude pics|nude teens"
            "|porn access|porn dvds|porn movie|porn movies|porn passwords|porn pics|porn stars"
            "|porn video|porn videos|pornstar|pornstars|rape sex|real sex|sex cams|sex chat"
            "|sex goddess|sex movies|sex pics|sex pictures|sex sites|sex slave|sex video|sex videos"
            "|sex with animals|sex with dogs|sex with horses|shaved girls|suck my|sucking cock"
            "|teen porn|teen sex|teen sluts|throbbing cock|tight holes|tight pussy|watch me strip"
            "|watch me undress|wet pussy|x rated movies|xxx movies|xxx pics|xxx sites|xxx videos"
            "|young teens naked"
        ),
        "fr": (
            "chatte mouillée|femmes nues|filles nues|film porno|films porno|gros seins|grosse bite"
            "|grosses bites|photos porno|plan cul|plans cul|porno gratuit|sexe en direct|sexe gratuit"
            "|vidéo porno|vidéos porno|webcam sexe"
        ),
        "es": (
            "chicas calientes|chicas desnudas|coño mojado|fotos porno|jovencitas desnudas"
            "|mujeres desnudas|película porno|películas porno|polla dura|porno gratis|sexo en vivo"
            "|sexo gratis|videos porno|vídeo porno|vídeos porno|webcam porno"
        ),
        "pt": (
            "buceta|buceta molhada|filmes pornô|fotos pornô|garotas nuas|mulheres nuas"
            "|mulheres peladas|novinhas peladas|pau duro|porno grátis|pornô grátis|putaria"
            "|sexo amador|sexo ao vivo|sexo grátis|videos porno|vídeo pornô|vídeos pornô"
        ),
        "ar": "أفلام سكس|افلام سكس|بنات عاريات|سكس عربي|سكس مجاني|صور سكس|مقاطع سكس",
        "hi": ("चुदाई|चूत|नंगी तस्वीरें|नंगी लड़की|पोर्न वीडियो|ब्लू फिल्म|लंड|सेक्स वीडियो|सेक्सी वीडियो"),
        "zh": "做爱视频|偷拍视频|免费成人|性爱视频|成人小说|成人电影|成人電影|无码视频|激情视频|美女裸体"
        "|色情小說"
        "|色情小说"
        "|裸聊",
    }
)

#: The same by rule: goods and people with a word before them that leaves no doubt.
PHRASES["en"] |= (
    _pairs(
        "adult|free adult|hardcore|naked|nude|porn|porno|sex|x rated|xxx",
        "cam|cams|chat|clip|clips|dvd|dvds|galleries|gallery|images|movies|photos|pics|pictures|site"
        "|sites|stories|video|videos|webcam|webcams|website|websites",
    )
    | _pairs("horniest|horny|slutty", _PEOPLE)
    | _sets(
        {
            "en": (
                "adult shows|cheating housewives|cum on|cumshots|eat pussy|erotic dvds|erotic photos"
                "|erotic pics|erotic videos|free xxx|fuck buddies|fuck buddy|gay porn|hard cock"
                "|hardcore shows|homemade porn|hot pussy|huge boobs|jack off|jerking off|lesbian porn"
                "|lonely housewives|nude shows|phucking|pussies|sex contacts|sex dates|sex dating"
                "|sex line|sex lines|sex personals|sexual dates|sexual dating|strip for you"
                "|swingers club|swingers clubs|tight ass|voyeur cams|wet pussies|xxx shows"
            )
        }
    )["en"]
) - SLANG["en"]

#: Words that mean little when written plainly and much when disguised.
DISGUISED = frozenset("erotic|nude|orgasm|seks|sex|vagina".split("|"))

#: Parts of a host that only sites of this kind choose.
ADDRESS_WORDS = (
    "adultcam|adultchat|adultclub|adultdat|adultdvd|adultfilm|adultfriend|adultmovie|adultonly"
    "|adultpart|adultpay|adultpic|adultshop|adultsite|adulttoon|adulttoy|adultvid|adultxxx|amateursex"
    "|analgirl|analsex|animalsex|asianbabe|barelylegal|bdsm|bigboob|bigcock|bigdick|bigtits|blowjob"
    "|bukkake|camgirl|camsex|celebnude|cocksuck|creampie|cumshot|cumslut|dildo|escortgirl|escorts"
    "|footfetish|freeadult|freesex|fuck|gangbang|gaysex|girlcam|hardcoresex|hentai|hornygirl|hornywi"
    "|hotbabes|hotgirls|hotmilf|hotsex|hugecock|hugetits|jizz|lesbosex|livesex|milfhunt|milfs|nakedgirl"
    "|nakedteen|nudeceleb|nudegirl|nudepic|nudes|nudeteen|phonesex|porn|pussy|rapesex|sexcam|sexchat"
    "|sexclub|sexdat|sexfest|sexgirl|sexmovie|sexphoto|sexpic|sexshop|sexshow|sexsite|sexstor|sextoy"
    "|sexualdat|sexvid|sexybabe|sexygirl|sexylad|sexyteen|sluts|slutty|striptease|swinger|teenbabe"
    "|teengirl|teensex|teenslut|threesome|upskirt|voyeur|whores|xrated|xxx|xxxmovie"
).split("|")

#: Terms of identity, health and religion, by language.
MENTIONS: dict[str, dict[str, frozenset[str]]] = {
    "identity": _sets(
        {
            "en": (
                "african|asian|bisexual|black|disability|disabled|feminist|gay|homosexual|immigrant"
                "|immigrants|indigenous|latina|latino|lesbian|lgbt|migrants|minorities|minority|queer"
                "|refugee|refugees|trans|transgender|woman|women"
            ),
            "fr": (
                "bisexuel|femme|femmes|féministe|gay|handicap|handicapé|homosexuel|homosexuelle"
                "|immigrés|lesbienne|migrants|minorité|noir|noirs|réfugié|réfugiés|transgenre"
            ),
            "es": (
                "bisexual|discapacidad|feminista|gay|homosexual|indígena|inmigrantes|lesbiana"
                "|migrantes|minoría|mujer|mujeres|negra|negro|refugiados|transgénero"
            ),
            "pt": (
                "bissexual|deficiência|feminista|gay|homossexual|imigrantes|indígena|lésbica|minoria"
                "|mulher|mulheres|negra|negro|refugiados|transgênero"
            ),
            "ar": (
                "أقلية|الأقليات|الإعاقة|اللاجئين|المرأة|المهاجرين|النساء|لاجئين|مثلي|مثلية|معاق|مهاجرين|نساء"
            ),
            "hi": ("अल्पसंख्यक|आदिवासी|दलित|प्रवासी|महिला|महिलाएं|महिलाओं|विकलांग|शरणार्थी|समलैंगिक"),
            "zh": "同性恋|同性戀|女性|妇女|婦女|少数民族|少數民族|残疾|殘疾|移民|难民|難民",
        }
    ),
    "health": _sets(
        {
            "en": (
                "aids|birth|breast|cancer|clinic|clinics|condom|condoms|consent|contraception"
                "|contraceptive|contraceptives|disease|diseases|doctor|doctors|hiv|hospital|hospitals"
                "|hygiene|infection|infections|medical|medicine|nurse|nurses|patient|patients"
                "|pregnancy|pregnant|puberty|safe sex|sexual health|sexually transmitted|std|sti"
                "|surgery|symptoms|therapist|treatment|vaccine|virus"
            ),
            "fr": (
                "cancer|clinique|enceinte|grossesse|hôpital|infection|maladie|maladies|médecin"
                "|patient|patients|préservatif|santé|sida|symptômes|traitement|vaccin|vih|virus"
            ),
            "es": (
                "clínica|cáncer|embarazada|embarazo|enfermedad|enfermedades|hospital|infección|médico"
                "|paciente|pacientes|preservativo|salud|sida|síntomas|tratamiento|vacuna|vih|virus"
            ),
            "pt": (
                "aids|clínica|câncer|doença|doenças|gravidez|grávida|hiv|hospital|infecção|médico"
                "|paciente|pacientes|preservativo|saúde|sintomas|tratamento|vacina|vírus"
            ),
            "ar": (
                "أعراض|الإيدز|الحمل|الصحة|الطبيب|المرض|المرضى|المستشفى|حمل|سرطان|طبيب|عدوى|علاج|فيروس"
                "|لقاح|مرض|مريض|مستشفى"
            ),
            "hi": (
                "अस्पताल|इलाज|एचआईवी|एड्स|कैंसर|गर्भवती|गर्भावस्था|टीका|डॉक्टर|बीमारी|मरीज|रोग|रोगी"
                "|लक्षण|वायरस|संक्रमण|स्वास्थ्य"
            ),
            "zh": "健康|医生|医院|怀孕|患者|愛滋病|感染|懷孕|治疗|治療|疫苗|疾病|病毒|症状|症狀|癌症|艾滋病"
            "|醫生"
            "|醫院",
        }
    ),
    "religion": _sets(
        {
            "en": (
                "allah|bible|buddhist|christ|christian|christians|church|god|hindu|holy|islam|jesus"
                "|jew|jewish|jews|lord|mosque|muslim|muslims|prayer|priest|prophet|quran|temple"
            ),
            "fr": (
                "allah|bible|bouddhiste|chrétien|chrétiens|coran|dieu|hindou|islam|juif|juifs|jésus"
                "|mosquée|musulman|musulmans|prière|prophète|prêtre|seigneur|temple|église"
            ),
            "es": (
                "alá|biblia|budista|corán|cristiano|cristianos|dios|hindú|iglesia|islam|jesús|judío"
                "|judíos|mezquita|musulmanes|musulmán|oración|profeta|sacerdote|señor|templo"
            ),
            "pt": (
                "alcorão|alá|budista|bíblia|cristão|cristãos|deus|hindu|igreja|islã|jesus|judeu"
                "|judeus|mesquita|muçulmano|muçulmanos|oração|profeta|sacerdote|senhor|templo"
            ),
            "ar": (
                "الإسلام|الإنجيل|الرب|الصلاة|القرآن|الكنيسة|الله|المسلمون|المسلمين|المسيح|النبي"
                "|اليهود|صلاة|مسجد|مسلم|مسيحي|نبي|يهودي"
            ),
            "hi": (
                "अल्लाह|इस्लाम|ईश्वर|ईसाई|कुरान|चर्च|पुजारी|प्रभु|प्रार्थना|बाइबिल|बौद्ध|भगवान|मंदिर"
                "|मस्जिद|मुसलमान|मुस्लिम|यहूदी|यीशु|हिंदू"
            ),
            "zh": (
                "上帝|伊斯兰|伊斯蘭|佛教|先知|古兰经|圣经|基督|安拉|寺庙|教会|教會|清真寺|犹太|猶太|祭司|祷告|禱告|穆斯林|耶和华|耶和華|耶稣|耶穌|聖經"
            ),
        }
    ),
}
