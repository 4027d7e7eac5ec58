//! The main override phrases in other languages: throw the instructions away, show the system prompt, drop the
//! restrictions. Written as the plain view has them: lower case, without accents (`é` is `e`, `й` is `и`), Thai and
//! Arabic decomposed. `<far>` stands for a short stretch of the same sentence in any script.

use super::rules::{Rule, Scope};

const fn discard(anchors: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { name: "override_instructions", weight: 80, scope: Scope::Anywhere, anchors, pattern }
}

const fn reveal(anchors: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { name: "prompt_extraction", weight: 80, scope: Scope::Anywhere, anchors, pattern }
}

const fn unchain(anchors: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { name: "no_restrictions", weight: 75, scope: Scope::Anywhere, anchors, pattern }
}

pub(super) const LANGUAGE_RULES: &[Rule] = &[
    // German
    discard(
        &["ignorier", "vergiss", "vergessen sie", "missacht", "uberschreib", "ubergeh"],
        r"\b(ignorier|vergiss|vergessen sie|missacht|uberschreib|ubergeh)\w*<far>(anweisung|instruktion|regeln|vorgabe|befehl|richtlinie|prompt|dein training|das oben|obige)",
    ),
    reveal(
        &["systemprompt", "system-prompt", "systemnachricht", "systemanweisung", "anweisungen", "prompt"],
        r"\b(zeig|gib|nenn|verrat|was (ist|sind|steht)|wiederhol|wie laute)\w*<far>(system-? ?(prompt|nachricht|anweisung)|(ursprunglich|anfanglich|geheim|versteckt|initial)\w* (anweisung|prompt|instruktion)|deinen? prompt)",
    ),
    unchain(
        &["modus", "antworte frei", "filter", "einschrankung", "beschrankung"],
        r"\b((entwickler|unbeschrankte\w*|uneingeschrankte\w*|dan|jailbreak)[ -]?modus|antworte frei|(deaktivier|schalt|umgeh|entfern)\w* <far>(deine|alle)\w* ?(sicherheits)?(filter|einschrankung|beschrankung))",
    ),
    // French
    discard(
        &["ignor", "oubli", "ne tiens", "ne tenez", "tenir compte"],
        r"\b(ignor(e|ez|er|ons)|oubli(e|ez|er)|ne (tiens|tenez) (pas|aucun)( \w+)? ?compte)\b<far>(instruction|consigne|regles|directive|prompt|programmation|ci-dessus|entrainement|ce qui precede)",
    ),
    reveal(
        &[
            "prompt systeme",
            "message systeme",
            "instructions initiales",
            "instructions d'origine",
            "invite systeme",
            "instructions systeme",
        ],
        r"\b(montr|affich|revel|donn|imprim|repet|quel|dis)\w*<far>((prompt|message|invite|instructions) systeme|instructions (initiales|originales|secretes|d'origine))",
    ),
    unchain(
        &["mode developpeur", "mode sans", "reponds librement", "desactiv", "contourn"],
        r"\b((active|passe|entre|bascule)\w*<far>mode (developpeur|sans (filtre|restriction))|reponds librement|(desactiv|contourn)\w*<far>(tes|vos|ton) <far>(filtre|restriction|securite))",
    ),
    // Spanish and Portuguese
    discard(
        &["ignor", "olvid", "caso omiso", "no sigas", "pasa por alto", "esquec", "desconsider", "desrespeit"],
        r"\b(ignor(a|e|ar|en|em)|olvid(a|e|ar|ate|en)|haz caso omiso de|no sigas|pasa por alto|esquec(a|e|er|am)|desconsider(a|e|ar)|desrespeit(a|e|ar))\b<far>(instrucc|instruc|reglas|regras|directri|diretri|ordenes|ordens|indicacion|orientac|comando|prompt|entrenamiento|treinamento|programaci|programac|lo anterior|todo lo)",
    ),
    reveal(
        &["prompt", "instrucciones", "instrucoes", "mensaje de", "mensagem d"],
        r"\b(muestra|muestrame|revela|mostre|mostra|diga|dime|cual(es)?|qual|quais|repite|repita|exib\w+|imprim\w+|ensename)\b<far>(prompt (del?|do) sistema|prompt inicial|(mensaje|mensagem) d[eo]l? sistema|(instrucciones|instrucoes) (iniciales|originales|iniciais|originais|secretas|ocultas|del sistema|do sistema)|tu prompt|seu prompt)",
    ),
    unchain(
        &["modo", "libremente", "livremente", "desactiva", "desativ", "sin restriccion"],
        r"\b((activ|ativ|entra|entre|cambia|mude|habilita)\w*<far>modo (de )?(desarrollador|desenvolvedor|sin (filtro|restriccion)|sem (filtro|restric)|dan)|(responde|responda) (libremente|livremente)|(desactiv|desativ)\w*<far>(tus|sus|seus|suas) <far>(restric|filtro|seguri|segur))",
    ),
    // Italian, Dutch, Polish, Scandinavian
    discard(
        &[
            "ignor",
            "dimentic",
            "tralascia",
            "negeer",
            "vergeet",
            "zapomnij",
            "pomin",
            "nie zwracaj",
            "glom",
            "bortse",
            "glem",
        ],
        r"\b((ignor(a|i|are|ate)|dimentic\w+|tralascia)\b<far>(istruzion|regole|direttiv|prompt|indicazion|comandi|quanto sopra|tutto cio)|(negeer|negeren|vergeet)\b<far>(instructie|regels|richtlijn|opdracht|prompt|bovenstaande)|(zignoruj|ignoruj|zapomnij|pomin|nie zwracaj uwagi)\b<far>(instrukcj|polecen|zasad|regul|wytyczn|prompt)|(ignorera|glom|bortse fran|ignorer|glem|se bort fra)\b<far>(instruktion|instruks|regler|prompt|ovanstaende))",
    ),
    reveal(
        &["prompt", "istruzioni iniziali", "systeemprompt", "systeeminstructie", "instrukcje systemowe"],
        r"\b((mostra|rivela|stampa|ripeti|dimmi|qual e)\w*<far>(prompt di sistema|prompt iniziale|istruzioni (iniziali|originali|di sistema))|(toon|laat|geef|onthul|herhaal)\b<far>(systeemprompt|system ?prompt|systeeminstructie|oorspronkelijke instructies)|(pokaz|ujawnij|wypisz|powtorz)\b<far>(prompt systemowy|instrukcje systemowe|swoj prompt))",
    ),
    // Russian and Ukrainian
    discard(
        &["игнорир", "забуд", "не обращаи", "отмени", "ігнору"],
        r"(игнорир[а-я]*|забуд[а-я]*|не обращаи[а-я]* внимани[а-я]*|отмени|п?р?о?ігнору[а-яі]*)<far>(инструкци|указани|правил|команды|промпт|обучени|програмировани|программировани|ограничени|все,? что|інструкці|вказівк)",
    ),
    reveal(
        &["промпт", "инструкции", "системно"],
        r"(покажи|выведи|раскрои|повтори|скажи|какие|каков|какои|напиши)<far>(системн[а-я]+ (промпт|сообщени|инструкци)|начальн[а-я]+ (инструкци|промпт)|(свои|твои) промпт)",
    ),
    unchain(
        &["режим", "отключи", "ты dan", "что угодно"],
        r"(режим (разработчика|без ограничени|бога)|отключи[а-я]*<far>(ограничени|фильтр|безопасност)|теперь ты dan|можешь делать что угодно)",
    ),
    // Turkish, Vietnamese, Indonesian, Tagalog
    discard(
        &[
            "talimat",
            "yonerge",
            "bo qua",
            "quen",
            "abaikan",
            "lupakan",
            "huwag pansinin",
            "balewalain",
            "kalimutan",
            "kurallari",
            "komutlar",
        ],
        r"((talimat|yonerge|kural|komut)\w*<far>(yok say|unut|gormezden gel|dikkate alma|goz ardi)|\b(bo qua|hay quen|quen|phot lo)\b<far>(huong dan|chi thi|chi dan|lenh|quy tac)|\b(abaikan|lupakan)\b<far>(instruksi|perintah|aturan|petunjuk|arahan)|\b(huwag pansinin|balewalain|kalimutan|ipagwalang)\w*\b<far>(tagubilin|utos|instruksi|panuto|instruksyon))",
    ),
    // Hindi and Bengali, noun first
    discard(
        &["निर्देश", "আদেশ", "নির্দেশ", "आदेश"],
        r"(निर्देश|आदेश|अनुदेश)<far>(अनदेखा|अनदेखी|नज़?रअंदाज़?|नजरंदाज|भूल|उपेक्षा|ध्यान न)|(निर्देश|आदेश).{0,10}(ignore|इग्नोर)|(নির্দেশ|আদেশ)<far>(উপেক্ষা|ভুলে|অগ্রাহ্য)",
    ),
    // Arabic
    discard(&["تجاهل", "انس", "تجاوز"], r"(تجاهل|انسى|انس|تجاوز)<far>(تعليمات|اوامر|قواعد|ارشادات|توجيهات|التدريب)"),
    unchain(&["المطور", "dan"], r"(وضع المطور|انت الان dan|اي شيء<far>dan|dan<far>اي شيء)"),
    // Chinese
    discard(
        &["忽略", "忽视", "无视", "忘记", "忘掉", "不要理会", "忘記", "無視"],
        r"(忽略|忽视|无视|忘记|忘掉|不要理会|忘記|無視)[^。!?\n]{0,14}(指令|指示|说明|规则|規則|提示词|提示|命令|限制|设定|上文|训练|教导|编程)",
    ),
    reveal(
        &["系统提示", "提示词", "初始指令", "系统消息", "系统指令", "原始指令", "系統提示"],
        r"(显示|告诉|输出|重复|透露|展示|给我|说出|打印|是什么|顯示)[^。\n]{0,12}(系统提示|提示词|初始指令|系统消息|系统指令|原始指令|系統提示)|(系统提示|提示词|初始指令|系统消息|系统指令|原始指令)[^。\n]{0,6}(是什么|什么|告诉|显示|输出)",
    ),
    unchain(
        &["开发者模式", "模式", "限制", "过滤", "dan"],
        r"(激活|启用|进入|开启|切换)[^。\n]{0,6}(开发者模式|开发人员模式|无限制模式|越狱模式|上帝模式)|(关闭|禁用|解除|移除|绕过)[^。\n]{0,8}(你的|所有)[^。\n]{0,6}(限制|过滤|安全)|你现在是 ?dan|没有任何限制",
    ),
    // Japanese
    discard(
        &["無視", "忘れ", "従わ", "上書き"],
        r"(指示|命令|ルール|規則|プロンプト|制約|指令|設定|トレーニング|プログラミング)[^。\n]{0,10}(無視|忘れ|従わな|上書き)|(無視して|忘れて)[^。\n]{0,10}(指示|命令|ルール)",
    ),
    reveal(
        &["システムプロンプト", "初期指示", "システムメッセージ", "最初の指示"],
        r"(システムプロンプト|初期指示|システムメッセージ|最初の指示)[^。\n]{0,8}(表示|教え|見せ|出力|何|繰り返)",
    ),
    unchain(
        &["開発者モード", "制限", "フィルター", "dan"],
        r"開発者モード[^。\n]{0,6}(有効|起動|オン|入)|(制限|フィルター|フィルタ|安全)[^。\n]{0,8}(解除|無効|オフ|外し)|あなたは今から?dan",
    ),
    // Korean
    discard(
        &["무시", "잊"],
        r"(지시|명령|규칙|지침|프롬프트|설정|훈련|위의 것|위의 내용)[^.\n]{0,12}(무시|잊)|(무시하고|잊고)[^.\n]{0,10}(지시|명령)",
    ),
    reveal(
        &["프롬프트", "초기 지시", "시스템 메시지"],
        r"(시스템 ?프롬프트|초기 지시|시스템 ?메시지)[^.\n]{0,10}(보여|알려|출력|뭐|무엇|공개)",
    ),
    unchain(
        &["개발자 모드", "제한", "필터", "dan"],
        r"개발자 모드[^.\n]{0,8}(활성|켜|들어|전환)|(제한|필터|안전)[^.\n]{0,8}(해제|비활성|꺼|끄)|너는 이제 dan",
    ),
    // Thai
    discard(&["เพิกเฉย", "ละเว้น", "ลืม", "ไม่สนใจ"], r"(เพิกเฉย|ละเว้น|ลืม|ไม่สนใจ)[^\n]{0,14}(คําสั่ง|คําแนะนํา|กฎ|คําชี้แจง)"),
];
