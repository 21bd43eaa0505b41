//! Names of shoppers as they write them, with the Latin form their addresses are made of.

/// A name and its Latin form.
pub(super) type Name = (&'static str, &'static str);

/// Names that go together, and where their bearers live when they live abroad.
pub(super) struct Culture {
    /// How many of a hundred or so shoppers.
    pub(super) weight: u64,
    pub(super) country: &'static str,
    pub(super) dialling: &'static str,
    pub(super) locale: &'static str,
    pub(super) given: &'static [Name],
    pub(super) family: &'static [Name],
    /// Written with the family name first and nothing between.
    pub(super) family_first: bool,
}

const fn culture(
    weight: u64,
    (country, dialling, locale): (&'static str, &'static str, &'static str),
    given: &'static [Name],
    family: &'static [Name],
) -> Culture {
    Culture {
        weight,
        country,
        dialling,
        locale,
        given,
        family,
        family_first: false,
    }
}

const fn family_first(culture: Culture) -> Culture {
    Culture {
        family_first: true,
        ..culture
    }
}

/// Place in the table of the names at home in the shop's own markets.
pub(super) const ENGLISH: usize = 0;
/// Place in the table of Spanish names.
pub(super) const SPANISH: usize = 1;
/// Place in the table of French names.
pub(super) const FRENCH: usize = 2;

/// The table.
pub(super) const CULTURES: &[Culture] = &[
    culture(46, ("gb", "44", "en-GB"), ENGLISH_GIVEN, ENGLISH_FAMILY),
    culture(12, ("es", "34", "es-ES"), SPANISH_GIVEN, SPANISH_FAMILY),
    culture(7, ("fr", "33", "fr-FR"), FRENCH_GIVEN, FRENCH_FAMILY),
    culture(5, ("se", "46", "sv-SE"), NORDIC_GIVEN, NORDIC_FAMILY),
    culture(5, ("pl", "48", "pl-PL"), SLAVIC_GIVEN, SLAVIC_FAMILY),
    culture(3, ("tr", "90", "tr-TR"), TURKISH_GIVEN, TURKISH_FAMILY),
    culture(3, ("vn", "84", "vi-VN"), VIETNAMESE_GIVEN, VIETNAMESE_FAMILY),
    culture(4, ("ua", "380", "uk-UA"), CYRILLIC_GIVEN, CYRILLIC_FAMILY),
    culture(3, ("gr", "30", "el-GR"), GREEK_GIVEN, GREEK_FAMILY),
    family_first(culture(3, ("jp", "81", "ja-JP"), JAPANESE_GIVEN, JAPANESE_FAMILY)),
    family_first(culture(3, ("kr", "82", "ko-KR"), KOREAN_GIVEN, KOREAN_FAMILY)),
    family_first(culture(3, ("tw", "886", "zh-TW"), CHINESE_GIVEN, CHINESE_FAMILY)),
    culture(3, ("ae", "971", "ar-AE"), ARABIC_GIVEN, ARABIC_FAMILY),
    culture(2, ("il", "972", "he-IL"), HEBREW_GIVEN, HEBREW_FAMILY),
    culture(2, ("in", "91", "hi-IN"), HINDI_GIVEN, HINDI_FAMILY),
];

const ENGLISH_GIVEN: &[Name] = &[
    ("Ada", "ada"), ("Aaliyah", "aaliyah"), ("Ben", "ben"), ("Beth", "beth"), ("Caleb", "caleb"), ("Chidi", "chidi"),
    ("Claire", "claire"), ("Darnell", "darnell"), ("Dana", "dana"), ("Eleanor", "eleanor"), ("Emeka", "emeka"),
    ("Ethan", "ethan"), ("Fiona", "fiona"), ("Grace", "grace"), ("Graham", "graham"), ("Hannah", "hannah"),
    ("Harper", "harper"), ("Isaac", "isaac"), ("Jade", "jade"), ("Jamal", "jamal"), ("Joan", "joan"), ("Jordan", "jordan"),
    ("Keisha", "keisha"), ("Kyle", "kyle"), ("Laura", "laura"), ("Leo", "leo"), ("Lydia", "lydia"), ("Malcolm", "malcolm"),
    ("Maya", "maya"), ("Megan", "megan"), ("Miles", "miles"), ("Naomi", "naomi"), ("Nathan", "nathan"), ("Olivia", "olivia"),
    ("Owen", "owen"), ("Paige", "paige"), ("Quinn", "quinn"), ("Rachel", "rachel"), ("Reid", "reid"), ("Rosa", "rosa"),
    ("Ruth", "ruth"), ("Sadie", "sadie"), ("Sean", "sean"), ("Simone", "simone"), ("Tasha", "tasha"), ("Theo", "theo"),
    ("Vanessa", "vanessa"), ("Wes", "wes"), ("Winona", "winona"), ("Zoe", "zoe"),
];
const ENGLISH_FAMILY: &[Name] = &[
    ("Adeyemi", "adeyemi"), ("Alder", "alder"), ("Bishop", "bishop"), ("Booker", "booker"), ("Brandt", "brandt"),
    ("Carver", "carver"), ("Chandler", "chandler"), ("Cole", "cole"), ("Dawson", "dawson"), ("Ellison", "ellison"),
    ("Farrow", "farrow"), ("Fitzgerald", "fitzgerald"), ("Fox", "fox"), ("Garner", "garner"), ("Greene", "greene"),
    ("Hale", "hale"), ("Hart", "hart"), ("Holloway", "holloway"), ("Hughes", "hughes"), ("Irving", "irving"),
    ("Jennings", "jennings"), ("Kemp", "kemp"), ("Kowalski", "kowalski"), ("Lambert", "lambert"), ("Lowell", "lowell"),
    ("MacDonald", "macdonald"), ("Marsh", "marsh"), ("Mensah", "mensah"), ("Mercer", "mercer"), ("Nolan", "nolan"),
    ("Novak", "novak"), ("O'Brien", "obrien"), ("O'Sullivan", "osullivan"), ("Okafor", "okafor"), ("Parrish", "parrish"),
    ("Pruitt", "pruitt"), ("Quigley", "quigley"), ("Ramsey", "ramsey"), ("Reyes-Clark", "reyesclark"), ("Rhodes", "rhodes"),
    ("Sandoval", "sandoval"), ("Shaw", "shaw"), ("Sinclair", "sinclair"), ("Stone", "stone"), ("Thatcher", "thatcher"),
    ("Underwood", "underwood"), ("Vance", "vance"), ("Walsh", "walsh"), ("Whitaker", "whitaker"), ("Yates", "yates"),
];
const SPANISH_GIVEN: &[Name] = &[
    ("Álvaro", "alvaro"), ("Adrián", "adrian"), ("Andrés", "andres"), ("Belén", "belen"), ("Camila", "camila"),
    ("Concepción", "concepcion"), ("Diego", "diego"), ("Estefanía", "estefania"), ("Íñigo", "inigo"), ("Jesús", "jesus"),
    ("José Luis", "joseluis"), ("Lucía", "lucia"), ("Martín", "martin"), ("María José", "mariajose"), ("Nuria", "nuria"),
    ("Ramón", "ramon"), ("Sofía", "sofia"), ("Tomás", "tomas"), ("Valentina", "valentina"), ("Ximena", "ximena"),
];
const SPANISH_FAMILY: &[Name] = &[
    ("Álvarez", "alvarez"), ("Cortés", "cortes"), ("Domínguez", "dominguez"), ("Fernández", "fernandez"), ("García", "garcia"),
    ("Gómez Peña", "gomezpena"), ("Hernández", "hernandez"), ("Ibáñez", "ibanez"), ("Jiménez", "jimenez"), ("López", "lopez"),
    ("Márquez", "marquez"), ("Muñoz", "munoz"), ("Núñez", "nunez"), ("Ordóñez", "ordonez"), ("Pérez", "perez"),
    ("Quiñones", "quinones"), ("Rodríguez", "rodriguez"), ("Sánchez", "sanchez"), ("Vázquez", "vazquez"), ("Zúñiga", "zuniga"),
];
const FRENCH_GIVEN: &[Name] = &[
    ("Amélie", "amelie"), ("Aurélien", "aurelien"), ("Benoît", "benoit"), ("Chloé", "chloe"), ("Élodie", "elodie"),
    ("François", "francois"), ("Geneviève", "genevieve"), ("Hélène", "helene"), ("Jean-Noël", "jeannoel"), ("Joël", "joel"),
    ("Léa", "lea"), ("Maëlle", "maelle"), ("Mathéo", "matheo"), ("Noémie", "noemie"), ("Rémi", "remi"), ("Zoé", "zoe"),
];
const FRENCH_FAMILY: &[Name] = &[
    ("Beauséjour", "beausejour"), ("Bélanger", "belanger"), ("Côté", "cote"), ("Desrosiers", "desrosiers"), ("Dubé", "dube"),
    ("Gagné", "gagne"), ("Hébert", "hebert"), ("Lefèvre", "lefevre"), ("Lévesque", "levesque"), ("Ménard", "menard"),
    ("Péloquin", "peloquin"), ("Rousseau", "rousseau"), ("St-Onge", "stonge"), ("Théberge", "theberge"), ("Trépanier", "trepanier"),
];
const NORDIC_GIVEN: &[Name] = &[
    ("Åsa", "asa"), ("Astrid", "astrid"), ("Bjørn", "bjorn"), ("Elín", "elin"), ("Göran", "goran"), ("Håkon", "hakon"),
    ("Jörg", "jorg"), ("Käthe", "kathe"), ("Linnéa", "linnea"), ("Mårten", "marten"), ("Søren", "soren"), ("Þóra", "thora"),
    ("Ülle", "ulle"), ("Väinö", "vaino"),
];
const NORDIC_FAMILY: &[Name] = &[
    ("Åkesson", "akesson"), ("Bäckström", "backstrom"), ("Dünnwald", "dunnwald"), ("Gæde", "gaede"), ("Hämäläinen", "hamalainen"),
    ("Jónsdóttir", "jonsdottir"), ("Kjærgaard", "kjaergaard"), ("Löfgren", "lofgren"), ("Müller", "muller"), ("Nygård", "nygard"),
    ("Ødegaard", "odegaard"), ("Sjöberg", "sjoberg"), ("Weiß", "weiss"),
];
const SLAVIC_GIVEN: &[Name] = &[
    ("Agnieszka", "agnieszka"), ("Bożena", "bozena"), ("Đorđe", "djordje"), ("Jiří", "jiri"), ("Kateřina", "katerina"),
    ("Łukasz", "lukasz"), ("Małgorzata", "malgorzata"), ("Paweł", "pawel"), ("Stanisław", "stanislaw"), ("Tomáš", "tomas"),
    ("Željka", "zeljka"), ("Ştefan", "stefan"),
];
const SLAVIC_FAMILY: &[Name] = &[
    ("Błaszczyk", "blaszczyk"), ("Čermák", "cermak"), ("Dvořák", "dvorak"), ("Grabowski", "grabowski"), ("Ionescu", "ionescu"),
    ("Jabłońska", "jablonska"), ("Kovačić", "kovacic"), ("Nagy-Szabó", "nagyszabo"), ("Nováková", "novakova"), ("Šimić", "simic"),
    ("Wójcik", "wojcik"), ("Żak", "zak"),
];
const TURKISH_GIVEN: &[Name] = &[
    ("Ayşe", "ayse"), ("Çağlar", "caglar"), ("Elif", "elif"), ("Gökçe", "gokce"), ("İbrahim", "ibrahim"), ("Işıl", "isil"),
    ("Özge", "ozge"), ("Tuğba", "tugba"),
];
const TURKISH_FAMILY: &[Name] = &[
    ("Aydın", "aydin"), ("Çelik", "celik"), ("Doğan", "dogan"), ("Gündüz", "gunduz"), ("Kılıç", "kilic"), ("Öztürk", "ozturk"),
    ("Şahin", "sahin"), ("Yıldız", "yildiz"),
];
const VIETNAMESE_GIVEN: &[Name] = &[
    ("Ánh", "anh"), ("Bảo", "bao"), ("Đức", "duc"), ("Hương", "huong"), ("Linh", "linh"), ("Ngọc", "ngoc"), ("Quỳnh", "quynh"),
    ("Thảo", "thao"), ("Tuấn", "tuan"),
];
const VIETNAMESE_FAMILY: &[Name] = &[
    ("Bùi", "bui"), ("Đặng", "dang"), ("Đỗ", "do"), ("Hoàng", "hoang"), ("Lê", "le"), ("Nguyễn", "nguyen"), ("Phạm", "pham"),
    ("Trần", "tran"), ("Vũ", "vu"),
];
const CYRILLIC_GIVEN: &[Name] = &[
    ("Анна", "anna"), ("Богдан", "bohdan"), ("Вікторія", "viktoriia"), ("Дмитро", "dmytro"), ("Елена", "elena"),
    ("Ірина", "iryna"), ("Мария", "maria"), ("Милан", "milan"), ("Наталья", "natalya"), ("Олександр", "oleksandr"),
    ("Сергей", "sergey"), ("Юлія", "yuliia"),
];
const CYRILLIC_FAMILY: &[Name] = &[
    ("Бондаренко", "bondarenko"), ("Димитров", "dimitrov"), ("Иванов", "ivanov"), ("Коваленко", "kovalenko"),
    ("Лебедев", "lebedev"), ("Мельник", "melnyk"), ("Петренко", "petrenko"), ("Соколов", "sokolov"), ("Ткаченко", "tkachenko"),
    ("Шевченко", "shevchenko"),
];
const GREEK_GIVEN: &[Name] = &[
    ("Αθηνά", "athina"), ("Γιώργος", "giorgos"), ("Δήμητρα", "dimitra"), ("Ελένη", "eleni"), ("Κώστας", "kostas"),
    ("Μαρία", "maria"), ("Νίκος", "nikos"), ("Σοφία", "sofia"),
];
const GREEK_FAMILY: &[Name] = &[
    ("Αλεξίου", "alexiou"), ("Γεωργίου", "georgiou"), ("Δημητρίου", "dimitriou"), ("Καραγιάννη", "karagianni"),
    ("Οικονόμου", "oikonomou"), ("Παπαδοπούλου", "papadopoulou"), ("Σταυρίδης", "stavridis"),
];
const JAPANESE_GIVEN: &[Name] = &[
    ("葵", "aoi"), ("大輔", "daisuke"), ("恵", "megumi"), ("花子", "hanako"), ("健太", "kenta"), ("さくら", "sakura"),
    ("翔", "sho"), ("ユキ", "yuki"),
];
const JAPANESE_FAMILY: &[Name] = &[
    ("伊藤", "ito"), ("加藤", "kato"), ("小林", "kobayashi"), ("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi"),
    ("田中", "tanaka"), ("渡辺", "watanabe"),
];
const KOREAN_GIVEN: &[Name] = &[
    ("지훈", "jihoon"), ("서연", "seoyeon"), ("민준", "minjun"), ("하은", "haeun"), ("도윤", "doyun"), ("수빈", "subin"),
    ("예린", "yerin"), ("현우", "hyunwoo"),
];
const KOREAN_FAMILY: &[Name] = &[
    ("김", "kim"), ("이", "lee"), ("박", "park"), ("최", "choi"), ("정", "jung"), ("강", "kang"), ("윤", "yoon"), ("한", "han"),
];
const CHINESE_GIVEN: &[Name] = &[
    ("怡君", "yijun"), ("志明", "zhiming"), ("淑芬", "shufen"), ("家豪", "jiahao"), ("雅婷", "yating"), ("伟", "wei"),
    ("静", "jing"), ("晓明", "xiaoming"),
];
const CHINESE_FAMILY: &[Name] = &[
    ("陳", "chen"), ("林", "lin"), ("黃", "huang"), ("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("吳", "wu"),
];
const ARABIC_GIVEN: &[Name] = &[
    ("أحمد", "ahmed"), ("أمينة", "amina"), ("خالد", "khaled"), ("سارة", "sara"), ("فاطمة", "fatima"), ("ليلى", "layla"),
    ("محمود", "mahmoud"), ("ياسمين", "yasmin"),
];
const ARABIC_FAMILY: &[Name] = &[
    ("الحداد", "alhaddad"), ("الخطيب", "alkhatib"), ("العلي", "alali"), ("بن سعيد", "bensaid"), ("حسن", "hassan"),
    ("منصور", "mansour"), ("نجار", "najjar"),
];
const HEBREW_GIVEN: &[Name] = &[
    ("אביגיל", "avigail"), ("דוד", "david"), ("יעל", "yael"), ("מיכל", "michal"), ("נועה", "noa"), ("עומר", "omer"),
];
const HEBREW_FAMILY: &[Name] = &[
    ("אברהם", "avraham"), ("בן דוד", "bendavid"), ("כהן", "cohen"), ("לוי", "levi"), ("מזרחי", "mizrahi"), ("פרץ", "peretz"),
];
const HINDI_GIVEN: &[Name] = &[
    ("अनन्या", "ananya"), ("अर्जुन", "arjun"), ("कविता", "kavita"), ("प्रिया", "priya"), ("रोहन", "rohan"), ("संजय", "sanjay"),
];
const HINDI_FAMILY: &[Name] = &[
    ("गुप्ता", "gupta"), ("नायर", "nair"), ("पटेल", "patel"), ("मेहता", "mehta"), ("शर्मा", "sharma"), ("सिंह", "singh"),
];
