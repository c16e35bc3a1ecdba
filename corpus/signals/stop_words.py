"""The most frequent words of each language, most frequent first; written by bench/fit_filters.py.

Words that stand in at least a tenth of the passages of a language's reference text; see
`corpus.fit.stop_words`.
Sources: african_storybook, pratham_books, tico19, za_sona_speeches, bible_chapters, udhr, udhr_extra,
ud_wolof, gnome_help, debian_handbook, us_speeches, libreoffice_help, afriqa_questions;
sentences of the language-identification training text. Licences: CC0, CC-BY, CC-BY-SA, MPL, MIT,
Apache, public domain; no machine translation.
"""

from __future__ import annotations

__all__ = ["STOP_WORDS"]

STOP_WORDS: dict[str, str] = {
    "ak": """
a dɛ no mu ndzinoa na wɔ ho obiara ne ɔyɛ biara bi hɔn ɔwɔ do nye anaa nyimpa kwan ma nyina so
anaadɛ onya wɔma yi ɔman dɛm fi ama bɔ dze fahodzi nhyehyɛɛ nnyi obi yɛ adasa asetsena ase ban mbra
pɛr ara man mba nwomasua nyamesom wɔdze aman ber kyɛfa n'enyimnyam noho nya nyiyimu wobu ɔnye ahorow
""",
    "ar": """
من في على إلى أن أو التي عن هذه هذا لا مع يمكن قد ما ذلك غير بين إذا الذي أي بعد هو بشكل مثل كل
التالي دبيان كان كوفيد أكثر باستخدام بما كما السابق كورونا بعض جميع أخرى أيضًا و استخدام عند حتى هي
فقط لم أعلى خلال الأخرى العديد كانت مدير حالات يجب كوف الذين عبر هناك فيروس
""",
    "as": """
আৰু এটা কৰিব আপুনি কৰক আপোনাৰ অথবা পৰা কৰা কৰিবলৈ বাবে ব্যৱহাৰ পাৰিব কৰে তাৰ যদি পাৰে এই কৰি অন্য হয়
ক্লিক কৰাৰ আছে ইয়াক ফাইল সৈতে ই কি কিছুমান বাছক ফাইলসমূহ সকলো যেনে থকা থাকে পিছত লাগে হব কিবৰ্ড বন্ধ
ইন টিপক ডিভাইচ সি
""",
    "bm": """
ka ye a la o bɛ ni na ko ma min u i kɛ tɛ kan be de ne ani aw don mɔgɔ fɛ fɔ bɛɛ n nin tun kɔnɔ an
da se kelen nka sɔrɔ k'a ta dɔ bɔ di minnu taa to fo cɛ b'a dɔn olu tuma fana bolo n'a yɛrɛ e y'a ɲɛ
in nana yen
""",
    "bn": """
এবং করা জন্য করে এর ও একটি যে থেকে মধ্যে এই বা না করার পারে করতে হয় যা সাথে তাদের দ্বারা ব্যবহার
হয়েছে তবে হতে তার হবে ক্ষেত্রে বেশি এ ছিল আছে সংক্রমণ অন্যান্য করেছে অনেক এটি আর কিছু এমন রোগীদের
হয়েছিল কোনো হয়ে করেছিল থাকা রোগ স্বাস্থ্য কম কিন্তু গেছে হল পরীক্ষা যদি রয়েছে পর্যন্ত সংক্রমণের তা
মানুষের যায়
""",
    "ca": """
de a la per el i text is que del un en les una page o al els info content debug xhp es amb no com
podeu the és to esta clic document shared d'un feu and accedir dels in orde of més on quan d'una
només relacionats actual voleu for or tipus diàleg llista dades als pot utilitzar nom
""",
    "en": """
the to is a and of in this for that with be on or you are as can not from it by all text an will
page have content info when debug xhp at one which but has only they then use more we your also so
their new our other must these no do example was command into want
""",
    "es": """
de la el en a para y que se un del los una las is o con text page content info debug xhp no por al
puede es esta como ejemplo orden su pulse the texto más este shared acceder documento también cuando
formato cuadro lo to relacionados actual está datos nombre opciones sobre lista diálogo in entre
todos función
""",
    "eu": """
eta du da edo bat is text page content info debug xhp ez ditu ere den bada hau dira nahi behar egin
shared klik baten erabiltzeko baina duen uneko erabili gaiak batean elkarrizketa gisa bere
hautatutako testu ecen beste hori ondoren daiteke diren hura koadroa lehen haren izena içan sakatu
erran duzun datu balio dezakezu aukera bidez eguin daitezke guztiak
""",
    "fon": """
é mɛ ɔ lɛ wɛ tɔn nú ɖò ɖɔ nɔ dó ɖó nǔ mǐ bɔ ɖé kpo nyí sín jí wu è sixu ǎ enɛ gbɔn mawu jehovah mɔ
ɖè wà wá hwenu jɛ e bǐ xó mì biblu yì xá mǐtɔn ɖevo yí à ɖokpo un bló enyi tawun ɖo gbè alǒ ó jezu
yetɔn xwè nukún etɛ ðò
""",
    "fr": """
de la le à les pour et des dans un une en du est vous ou sur que page par is text info content debug
xhp cette pas sont qui au avec ne être ce pouvez a il d'un comme plus cliquez commande se d'une
document exemple texte shared peut accéder nom tous aux fonction dialogue boîte données sous format
""",
    "gu": """
અને છે તે કે જે આ પણ માટે કહ્યું જ પછી લોકો હું તો તમે એક નથી તેને નહિ હતો તેઓ તેથી તેના સાથે કરી પર
પાસે જ્યારે છું હતા ઈસુ ઈસુએ એ પરંતુ તમને તેની ત્યારે લોકોને તેણે ત્યાં જો કરે તેઓને દેવ છો મારી
કરવા કોઈ તેઓએ મને કારણ બધા હોય ન મારા શું રીતે વિષે હતું તું
""",
    "hi": """
के है में को से की और हैं का पर लिए एक कि भी नहीं कर हो या ने तो करने किया यह ही गया जो करता था वह
साथ अपने आप इस वाले कुछ रूप किसी सकते करें बहुत तक करना क्या जब थी थे कोई सभी गई
""",
    "id": """
yang untuk dan is ini dalam text dari atau page dengan di info content debug xhp pada ke dapat
fungsi tidak akan the saat klik sebagai dokumen shared a secara teks mengakses to menggunakan adalah
hanya satu juga dipilih sebuah dialog and of semua ketika berkas ingin data lebih in memilih daftar
nilai oleh lain membuat opsi beberapa nama menampilkan
""",
    "ig": """
na onye a bụ nke ka obodo mba dị aha ihe isi mgbe steeti n'afọ ya ala e ebe afọ mbụ ọchịchị mụrụ
nwere ole ndi di ọ otu ụlọ mahadum si egwu egwuregwu onyeisi puku ọrụ abụọ iri ma akwụkwọ gọvanọ ha
ndị bọọlụ ji mara n'ala maka nkiri aka ga kacha eme anya bụ bụla edemede ezigbo ikike
""",
    "kn": """
ಒಂದು ಎಂದು ಮತ್ತು ಮೇಲೆ ತನ್ನ ಈ ನಾನು ಆದರೆ ಅದು ಈಗ ನನ್ನ ಅವನು ಆ ಅಮ್ಮ ನನಗೆ ಅದರ ತುಂಬಾ ನೀನು ಹಾಗೂ ಅವಳು ಅವನ ಇದು
ದಿನ ದೊಡ್ಡ ಅವರು ಅಥವಾ ಅವಳ ನಾವು ಅದನ್ನು ಕೆಳಗೆ ನೋಡಿ ಮತ್ತೆ ಅದಕ್ಕೆ ಅಲ್ಲಿ ಎಲ್ಲಾ ಕೂಡ ಬಹಳ ಇಲ್ಲ ಎಷ್ಟು ಬಣ್ಣದ
ಸ್ವಲ್ಪ ಅವನಿಗೆ ಜೋರಾಗಿ ನಿಮ್ಮ ಆಗ ನಂತರ ನಿನ್ನ
""",
    "lg": """
mu nga ku ne era nti bwe oba nnyo naye abantu ate kino buli obulwadde okuva bwa kya bantu wa ennyo
ya ddala kiseera we yali kye gye okuba balwadde okubeera wamu ba abalwadde akawuka waliwo eri
okusinziira omuntu nsi ngeri obuwuka yonna bulungi wakati ye ewaka eyo kwa oluvannyuma abalala
balina ka mwe wansi ekyo mulimu ebitundu obubonero obulungi
""",
    "ln": """
na ya bato oyo te yango mpe mingi ete moko to mpo mosusu maladi ba makasi ndenge eza ezali moto
kozala ekoki soki makambo nyonso kati liboso kasi esika mibale wana kosala bango ntina nzela malamu
ata mbala bisika ntango bazali kaka mosala mokolo misato nzoto bazalaki esengeli virisi koleka kozwa
mikolo mpenza sika ezalaki lisusu ndakisa biloko sanza kosalisa
""",
    "ml": """
ഒരു വകുപ്പ് ഈ അവകാശമുണ്ട് കൊണ്ട് ഞാൻ പാടുള്ളതല്ല അധികാരം അവരുടെ എല്ലാവര്‍ക്കും പറഞ്ഞു
അധികാരമുള്ളതാണ് ഏതൊരാള്‍ക്കും ഏതൊരാൾക്കും അവകാശങ്ങളെ അവരവരുടെ ആ എല്ലാവർക്കും ഐക്യരാഷ്ട്ര കൂടാതെ
തന്റെ സ്വാതന്ത്ര്യത്തേയും അത് അമ്മ എനിക്ക് എന്ന് എല്ലാവരും നിന്നും നിയമാനുസൃതമായി പോയി സ്വതന്ത്രമായി
""",
    "mr": """
आणि आहे किंवा हे नाही ते की आहेत एक काही तर या च्या होते पण म्हणून असे करा कमी करून तो हा करणे इतर
होता करू केले करण्यासाठी वापर ही केली काय एका होती तुम्ही जास्त आले त्या जे तुम्हाला सर्व असलेल्या
त्याला ती का त्यांना मध्ये मी दोन शक्य करतात व आता जाते झाला होतो
""",
    "ne": """
र छ लागि वा गर्न रूपमा को गरिएको पनि गर्ने छन् भएका भएको मा थियो यो एक अन्य ले प्रयोग हुन हो धेरै
केही हुन्छ कम कुनै हुने थिए सक्छ समावेश गरिएका स्वास्थ्य भन्दा यी रोग उच्च सङ्क्रमित सबै गरेको का कि
भाइरस गर्‍यो परीक्षण आवश्यक गम्भीर जुन विशेष यद्यपि गरी बढी भन्ने यस आफ्नो छैन तर रिपोर्ट
श्वासप्रश्वास जसले
""",
    "nso": """
ka go le a ya e ba ga ye tša ke re la mo gore se wa sa di o tše tla ge rena bja gomme pele wo tšeo
yeo batho setšhaba kudu ao moka kgolo mmušo na seo bao bohlokwa be dira gape ekonomi lego mešomo leo
bjalo bona šoma fao ile mošomo naga swanetše yona gona bjo ngwageng
""",
    "ny": """
pa ndi ali aliyense wa a ufulu za kapena la munthu mu ndipo ndiponso kuti amene dziko ku anthu ena
umoyo kwa bungwe kukhala ya zina mwa danga ka ana ca nchito onse wace maiko na pamene banja malamulo
pakati wina anali koma lonse ngati kwambili lamulo molingana moyo njira ntchito iye lililonse liri
mtundu wake ake cha lake lina
""",
    "or": """
ସେ ମୁଁ ମୋ ର ଓ କିନ୍ତୁ ପାଇଁ ଏବଂ ତା ଆଉ କରି କହିଲା ରେ ଭଲ ଗୋଟିଏ କିଛି କୁ ବହୁତ ତାଙ୍କ ଏହା ଥିଲା ନାହିଁ ମୋତେ
ତାକୁ ବି ଅଛି ଉପରେ ହୋଇ କଣ ଖୁସି ଗୋଟେ ଜଣେ କହିଲେ ବଡ଼ ମଧ୍ୟ ଲୋକ ଏହି କି ତିଆରି ତୁମେ ବାପା ଯେ ତୁମ ମୋର ସେମାନେ ଏକ
ଦେଖି ନ ପଚାରିଲା ସବୁ ଆମେ ଏ କଥା ନିଜ ମା ଲାଗେ ସୁନ୍ଦର ଏଇ ଛୋଟ ତାହା
""",
    "pa": """
ਹੈ ਨੂੰ ਅਤੇ ਤੇ ਦੀ ਦੇ ਦਾ ਨਾਲ ਵਿਚ ਵੀ ਤੋਂ ਨੇ ਹਨ ਇਕ ਨਹੀਂ ਉਸ ਉਹ ਲਈ ਕੇ ਆਪਣੇ ਇਹ ਹੀ ਇਸ ਉਨ੍ਹਾਂ ਵਿਅਕਤੀ ਹਾਂ
ਆਰਟੀਕਲ ਕਰਨ ਤਾਂ ਬਹੁਤ ਹੱਕ ਹੋ ਕਿਸੇ ਮੇਰੇ ਮੈਨੂੰ ਕਿਹਾ ਜਾ ਰਹੇ ਹਰ ਗਏ ਘਰ ਜਾਂ ਪਰ ਸਭ ਸੀ ਹਰੇਕ ਹੋਰ ਕੰਮ ਗਿਆ ਮੈਂ
ਸਾਰੇ ਕਿ ਕੀ ਜੀ ਦੀਆਂ ਪਰਿਵਾਰ ਆਪਣੀ ਇੱਕ ਕੋਈ ਗਈ
""",
    "pt": """
de a o para e do um que em uma no da as os ou se com é is na text page pode content info debug não
xhp como ao por ser este dos são the clique exemplo mais à comando for também caixa texto shared to
quando seu documento das está aceder nome relacionados lista diálogo atual in dados
""",
    "rn": """
mu ni na ku ko ngo kandi ya iyo cane ari hari ní canke ariko ivyo muri ico yo aho wa mirongo neza
ururimi ati no w'igihugu i we imbere kabiri aba co bose uko wese umwana mbere igihugu iki igihe yari
bwo cumi nyene nyina uwo abantu gihe kuko rimwe ubu ca yose ata gusa kuba ategerezwa gihugu hamwe
""",
    "rw": """
mu ku muri na ni ya ko no yo wa cya cyangwa abantu cyane kandi kuri bwa bwo igihe kugira byo gihe
mbere indwara virusi zo aho bihugu ari ariko uko kuba ryari ngo yitwa buryo gihugu za rwanda rya nde
rwego uburyo bya kurwanya hagati icyorezo iyo benshi gukora ibimenyetso harimo nta nyuma bafite hari
imbibi iki umuntu kimwe
""",
    "sn": """
wese anekodzero kana kuti yake kodzero pose uyewo chechimakumi norusununguko maviri wenyika dzepasi
pachake anofanirwa iyi nyika zvayo ino iye pasina yokuwana zvakakwana iyo kwekodzero mabasa nguva
pachokwadi panguva vese yokuva ake iri nekodzero pachena pasi uye zvekare zvido
""",
    "st": """
le a e ho ba ka ya tsa ha sa ke tse hore la wa re se tla o mme di rona pele bo batho naha mmuso
setjhaba ena na bakeng bona be etsa kgolo moo eo sena mesebetsi moruo bohle bohlokwa leng kapa
mosebetsi ile nako nang haholo matla sebetsa bokgoni esita seng tshebetso yona nakong ne hape ntse
""",
    "sw": """
na ya kwa wa ni katika watu kama yake mtu kwamba wake maana la kuwa wote juu hivyo wale mmoja pamoja
naye hata za kila ili hiyo wakati kutoka siku cha sababu mimi alikuwa tena yeye hapo pia yule ninyi
hayo huyo yao yote sasa tu zaidi mambo au nao wao ambaye yangu si ndani mbele wengine baada ndugu
hao
""",
    "ta": """
மற்றும் ஒரு அல்லது இந்த உள்ள என்று நீங்கள் நோய்க்கிருமி கொரோனா வேண்டும் நோய் இது உங்கள் கோவிட் பல
மேலும் சுகாதார சில போன்ற அது ஆனால் இருக்கும் மூலம் இருந்து என்பது சார்ஸ் முடியும் தொற்று ஐ பிற போது
உள்ளது
""",
    "te": """
ఒక ఆ ఈ కూడా అని నేను ఉంది చాలా మీరు అది మరియు నా కానీ తన లేదు నాకు మీ నుండి అంది మీద పెద్ద ఇది ఇంకా
లేదా అన్నాడు ఇప్పుడు ఉంటుంది కొన్ని ఆమె ఉన్న చిన్న మరి అంటూ ఎలా నువ్వు ప్రతి అంటే ఉంటాయి ఎంతో
వచ్చింది
""",
    "tn": """
go a ka ya le mo e ba tsa di re ke ga tse gore tla fa kwa la se sa mme o wa rona mmogo jwa nna batho
naga dira bo puso jaaka gape leng botlhokwa bona ikonomi na ntlha ditiro ne dingwe eno fela tiro yo
thata yona seno kgolo kgone maemo setse botlhe baagi nang pele fetileng
""",
    "ts": """
ku na ya wa ka hi nga va ta eka xa leyi yi swa le ra ri bya swi leswaku leswi hina a yo lowu leri wu
vanhu lava loko mfumo swinene naswona wo nkarhi i endla emahlweni leti ikhonomi swo nkoka ti lembe
lexi vona ha sungula to ni ntirho tiko xi lama nyika tanihi fanele tala mitirho tirha
""",
    "tw": """
mu ne no wɔ na a so bɛn bεn mmienu mpem de afe ho wᴐ biara ma aduonu anaa kan ɔman bi din yɛ sεn
wɔwoo baako di ahe sɛ ka yε ahenkurow ɛwɔ dodow kuw nnipa ase amanyɔkuw mansini wɔn da kwan odi wɔde
yi ᴐmanpanyin man hɔ sukuu wiase wo abatoɔ dii mpɛsoa nkunim obi onipa yere ɛsɛ
""",
    "ur": """
کی کے اور میں سے ہے کا کو پر ہیں اس کہ کیا ایک لیے کرنے یہ طور یا ان جو نے ہو نہیں تک والے گیا جس
ہونے بھی صحت بیماری کم استعمال کر وائرس ہوئے زیادہ شامل کیے چین بعد جائے عام کرنا ساتھ عالمی افراد
اپنے وقت گئی تو و وجہ سکتا کوئی وہ کرتے بہت وبا
""",
    "vi": """
is text page content xhp info debug để một các của trong the có này chọn bạn và vào được lệnh to
định thể cho a đã in đó and liệu of số không bản cập hay tự truy for khi dùng dạng shared hiện trên
đổi đề thị theo or tính quan dụng sau về you văn hiển với
""",
    "wo": """
ci ak ko bi mu di te a ne na ñu ba leen bu ca yi la lu nag wax ay ñi am ma ngir mi li nit ku ndaxte
seen man yu ngi loolu moom ni def ya nekk nga ndax ngeen xam gi moo sa daldi fa nu woon kenn gis
nañu du sama it dina ga ñëw
""",
    "xh": """
ukuba kunye ukuze kakhulu kwaye abantu le siza xa kulo eli i apho kuba kufuneka futhi bonke nyaka lo
phantsi nje okanye imisebenzi umntu kweli ngayo mali zonke ezi imali kule lizwe uza phakathi ke kuza
ngendlela ngoku njengoko umsebenzi wakhe nokuba phambili yakhe yonke iza izinto karhulumente na
bakuthi la sele urhulumente imini nkqubo ukuya wathi ekhaya kukho ngokukhawuleza
""",
    "yo": """
ti ṣe ni a wọn jẹ lo o wo wa ede n ọdun ilu bi gba orilẹ ọmọ awọn fi ní to ó ile láti melo tí da lọ
sí akọkọ ipinlẹ kan kò ẹgbẹ ara fún ninu rẹ̀ si sì àti àwọn fun meloo èdè gbogbo iwe kí orílẹ̀ aare
orukọ ri tó bá ilẹ ju lè silẹ sọ
""",
    "zh-Hans": """
的 在 中 以 要 一 为 有 和 是 用 不 可 所 到 将 上 他 这 对 使 了 个 作 时 如 行 来 此 于 从 前 与
也 人 下 并 们 就 或 列 出 子 当 大 选 后 因 定 文 我 你 说 示 那 面 自 都 耶 之
""",
    "zh-Hant": """
的 在 一 要 以 為 中 是 和 有 所 他 上 使 不 這 用 到 人 將 來 就 了 們 可 作 下 從 你 說 也 時 耶
我 子 那 前 因 此 列 個 與 大 如 對 行 都 並 裏 出 之 於 若 地 必 自 樣 指 主 同
""",
    "zu": """
ukuthi ukuba ngokuba wathi khona uma kodwa na kuye ke futhi bonke kubo lapho ukuze kanye lokhu noma
lokho kakhulu kini konke bathi phakathi umuntu abantu ngenxa yena kube yakhe u mina izwi yini nina
naye phambi kwakhe zonke bakhe ngithi phezu wena phansi i njalo kwabo e kuphela nabo emva muntu
manje lo abafundi nalowo lakhe abanye ngokuthi wonke
""",
}
