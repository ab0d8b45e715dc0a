//! Language by script; the two Chinese scripts by characters that only one of
//! them uses; English among the languages in Latin letters by small words.

use std::sync::OnceLock;

use crate::fold::{pairs, simplified_form};

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// Chinese in simplified characters.
    ChineseSimplified,
    /// Chinese in traditional characters, Cantonese included.
    ChineseTraditional,
    /// Chinese without a character that tells the scripts apart.
    Chinese,
    /// Japanese.
    Japanese,
    /// Korean.
    Korean,
    /// Another language, or no words at all.
    Other,
}

impl Language {
    /// `en`, `zh-Hans`, `zh-Hant`, `zh`, `ja`, `ko` or `other`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::ChineseSimplified => "zh-Hans",
            Self::ChineseTraditional => "zh-Hant",
            Self::Chinese => "zh",
            Self::Japanese => "ja",
            Self::Korean => "ko",
            Self::Other => "other",
        }
    }

    /// Whether it is Chinese in any script.
    #[must_use]
    pub fn is_chinese(self) -> bool {
        matches!(self, Self::ChineseSimplified | Self::ChineseTraditional | Self::Chinese)
    }
}

/// The language of a text; of mixed text the one of most characters.
///
/// Looks at the first 4,000 characters.
#[must_use]
pub fn identify(text: &str) -> Language {
    let mut count = Count::default();
    for c in text.chars().take(4_000) {
        count.add(c);
    }
    // a Chinese character says about as much as a short Latin word
    let words = count.latin / 4;
    if count.elsewhere > count.han + count.kana + count.hangul + count.latin {
        Language::Other
    } else if count.kana > 0 && count.kana * 4 >= count.han && count.kana + count.han > words {
        Language::Japanese
    } else if count.hangul > count.han && count.hangul * 3 >= count.latin {
        Language::Korean
    } else if count.han > 0 && count.han >= words {
        count.script()
    } else if count.latin >= 2 && is_english(text) {
        Language::English
    } else {
        Language::Other
    }
}

/// Language tag of a text as voices carry it: `en`, `zh-Hans`, `zh-Hant`, `ja`,
/// `ko`, or empty when it is none of these. Chinese that is valid in both
/// scripts is called simplified.
#[must_use]
pub fn language(text: &str) -> &'static str {
    voiced(identify(text))
}

/// The tag voices carry.
pub(crate) fn voiced(language: Language) -> &'static str {
    match language {
        Language::Other => "",
        Language::Chinese => Language::ChineseSimplified.tag(),
        language => language.tag(),
    }
}

#[derive(Default)]
struct Count {
    latin: usize,
    han: usize,
    kana: usize,
    hangul: usize,
    /// Letters of other scripts.
    elsewhere: usize,
    traditional: usize,
    simplified: usize,
}

impl Count {
    fn add(&mut self, c: char) {
        match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => self.latin += 1,
            '\u{3041}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' => self.kana += 1,
            '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' => self.hangul += 1,
            '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2ffff}' => {
                self.han += 1;
                match script_of(c) {
                    Some(Script::Traditional) => self.traditional += 1,
                    Some(Script::Simplified) => self.simplified += 1,
                    None => {}
                }
            }
            c if c.is_alphabetic() => self.elsewhere += 1,
            _ => {}
        }
    }

    fn script(&self) -> Language {
        match self.traditional.cmp(&self.simplified) {
            std::cmp::Ordering::Greater => Language::ChineseTraditional,
            std::cmp::Ordering::Equal if self.simplified == 0 => Language::Chinese,
            _ => Language::ChineseSimplified,
        }
    }
}

/// Simplified forms that traditional texts use too, mostly with other meanings.
const SHARED_SIMPLIFIED: &str = "㐹万丑丰于云亘仆价伙余佛佣俊修僵克党冬准凌几凶出划刮制千升卜占卷厂厘只台叶吁吃合吊同后向周咨咸咽哄唇喂噪回困夸奸姜娘家尸局岩岳巨布帘席干幸广庵弦彩征御志念恤愈愿戚才扎托扣折拐挂挨挽据搜斗旋昆暗曲朱朴杆杠杯杰松板极柜栗核梁欲沈沾泛注涂涌淀游漓熏玩璇症皂矩确私秋种筑系胄胜胡腊腌膻致舍芸苔苹范荐蒙蔑虫蚝蜡蝎表谷跖辟适郁酸采里雕面你了床秘它";

/// Traditional forms that simplified texts use too.
const SHARED_TRADITIONAL: &str = "乾剋夥彷徵於牴瞭祇薹藉衹覆阪妳著";

/// Characters of written Cantonese, which is nearly always traditional.
const CANTONESE: &str = "嘅啲喺咗嚟冇佢哋嘢噉乜攞瞓攰嗰咁啱嘥揾搵";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Traditional,
    Simplified,
}

fn script_of(c: char) -> Option<Script> {
    static SIMPLIFIED: OnceLock<Vec<char>> = OnceLock::new();
    let simplified = SIMPLIFIED.get_or_init(|| {
        let mut forms: Vec<char> = pairs().map(|(_, s)| s).filter(|s| !SHARED_SIMPLIFIED.contains(*s)).collect();
        forms.sort_unstable();
        forms.dedup();
        forms
    });
    if (simplified_form(c).is_some() && !SHARED_TRADITIONAL.contains(c)) || CANTONESE.contains(c) {
        Some(Script::Traditional)
    } else if simplified.binary_search(&c).is_ok() {
        Some(Script::Simplified)
    } else {
        None
    }
}

const ENGLISH: &str = " the and to of a is in i it was for that this with not very my you are be have has had on at but \
    as from they we or an so good bad great no all me your were what when can would ";

/// Small words of neighbours in the Latin script: French, German, Spanish, Italian, Portuguese, Dutch,
/// Indonesian and Malay, Vietnamese, Polish, Swedish, Turkish.
const NEIGHBOURS: [&str; 11] = [
    " le la les des est et une un pas je très pour que qui dans sur avec c'est ce du mais ",
    " der die das und ist nicht ich sehr ein eine mit auf für den im zu es war aber ",
    " el la los las una un es muy que por con para de en del pero lo se ",
    " il di che è non molto per una un sono la del della con ma ho ",
    " o os um uma não muito é com para de que do da em mas ",
    " de het een niet van ik en zeer dat op met maar voor was ",
    " yang dan tidak di ini saya itu sangat dengan untuk ada ",
    " và là không của rất cho tôi có được này một ",
    " i nie jest się na do to bardzo że w z jak ",
    " och är inte det att en jag mycket som på för ",
    " ve bir çok bu için değil ama ile da de ",
];

/// Whether Latin letters read as English: other languages' small words or
/// accents do not outweigh English ones.
fn is_english(text: &str) -> bool {
    let lower: String = text.chars().take(1_000).flat_map(char::to_lowercase).collect();
    let words: Vec<String> = lower
        .split(|c: char| !(c.is_alphabetic() || c == '\''))
        .filter(|w| !w.is_empty())
        .map(|w| format!(" {w} "))
        .collect();
    let hits = |list: &str| words.iter().filter(|w| list.contains(w.as_str())).count();
    let english = hits(ENGLISH);
    let neighbour = NEIGHBOURS.iter().map(|list| hits(list)).max().unwrap_or(0);
    let letters = lower.chars().filter(|c| c.is_alphabetic()).count();
    let accented = lower.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count();
    // one foreign word among few, or accents throughout
    let foreign = neighbour > english && (neighbour >= 2 || accented > 0);
    !(foreign || (english == 0 && accented * 8 > letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_are_told_apart() {
        for (text, tag) in [
            ("转出费用太高,客服也没说清楚", "zh-Hans"),
            ("轉出費用太高,客服也沒說清楚", "zh-Hant"),
            ("呢間嘢食好好味", "zh-Hant"),
            ("很好", "zh"),
            ("App 老是闪退", "zh-Hans"),
            ("the app keeps crashing", "en"),
            ("OK", "en"),
            ("Très déçu par le service, je ne reviendrai pas", "other"),
            ("Der Service ist sehr schlecht und nicht freundlich", "other"),
            ("Café was nice and the staff friendly", "en"),
            ("Очень плохо", "other"),
            ("ありがとう", "ja"),
            ("昨日の対応は大変良かったです", "ja"),
            ("감사합니다", "ko"),
            ("12:30 !!", "other"),
            ("", "other"),
        ] {
            assert_eq!(identify(text).tag(), tag, "{text}");
        }
    }

    #[test]
    fn voices_carry_a_script_or_nothing() {
        for (text, tag) in [("很好", "zh-Hans"), ("12:30 !!", ""), ("", ""), ("服務", "zh-Hant"), ("Fine", "en")] {
            assert_eq!(language(text), tag, "{text}");
        }
    }
}
