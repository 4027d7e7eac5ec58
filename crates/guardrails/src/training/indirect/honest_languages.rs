//! Honest documents in other languages than English: without them, a model that only ever meets foreign words in prompts
//! learns that foreign means injected.

use super::phrases::{Lists, one_of};
use statistics::Random;

const LISTS: Lists = &[];

const LANGUAGES: &[&[&str]] = &[
    &[
        "{Öffnen|Schließen|Reinigen|Prüfen} Sie {den Deckel|die Klappe|das Ventil|den Filter}{.| vor dem ersten Gebrauch.| und schalten Sie das Gerät ein.}",
        "{Bitte senden|Bitte schicken} Sie {uns|mir} {die Rechnung|den Vertrag|das Formular} bis {Montag|zum 15. Mai}.",
        "{Wie|Wo} kann ich {meine Bestellung|mein Passwort|den Termin} {ändern|stornieren|finden}?\nSie können {dies|das} {im Kundenkonto|auf unserer Seite|telefonisch} erledigen.",
        "{Wählen|Klicken|Tippen} Sie {auf Weiter|„Speichern“|die Sprache}.",
        "{Der|Die} {Preis|Lieferung|Sitzung} {steigt|beginnt|endet} im {März|Herbst}.",
        "{Liebe Kolleginnen und Kollegen|Sehr geehrte Frau Weber|Hallo Timo},",
        "{Können|Könnten} Sie mir {den Bericht|die Zahlen|eine Kopie} {senden|erklären|bringen}?",
        "Alle Mitarbeiter müssen {den Ausweis tragen|Unfälle melden|Anträge schriftlich stellen}.",
        "{Geben|Rühren|Heben} Sie {das Mehl|die Butter|den Zucker} {dazu|unter}.",
    ],
    &[
        "{Ouvrez|Fermez|Nettoyez|Vérifiez} {le couvercle|le filtre|la vanne|la porte} {avant la première utilisation|avec soin|puis appuyez sur Marche}.",
        "{Comment|Où} puis-je {annuler|suivre|payer} {mon billet|ma facture|mon abonnement} ?\nVous pouvez le faire {en ligne|par téléphone|dans votre espace client}.",
        "{Merci de|Veuillez} {nous envoyer|signer|lire} {la facture|le contrat|le document} {avant vendredi|dès que possible}.",
        "{Cliquez sur|Choisissez|Sélectionnez} {Suivant|la langue|« Enregistrer »}.",
        "{Bonjour Claire|Chers collègues|Madame, Monsieur},",
        "{La réunion|Le prix|Le musée} {commence|augmente|ouvre} {à neuf heures|en mars|demain}.",
        "{Pouvez-vous|Pourriez-vous} {m'envoyer le rapport|venir lundi|confirmer le rendez-vous} ?",
        "Le personnel doit {porter un badge|signaler les incidents|respecter les consignes}.",
        "{Ajoutez|Mélangez|Versez} {la farine|le beurre|le sucre} {et remuez|pendant cinq minutes}.",
    ],
    &[
        "{Abra|Cierre|Limpie|Compruebe} {la tapa|el filtro|la puerta} {antes de usar el aparato|con cuidado}.",
        "¿{Cómo|Dónde} puedo {cancelar|pagar|cambiar} {mi pedido|mi factura|la contraseña}?\nPuede hacerlo {en línea|por teléfono|en su cuenta}.",
        "{Por favor, envíe|Rogamos que firme} {el contrato|la factura} {antes del viernes|lo antes posible}.",
        "{Haga clic en|Seleccione|Elija} {Siguiente|el idioma|«Guardar»}.",
        "{Estimada señora López|Hola Juan|Queridos compañeros}:",
        "{La reunión|El precio|El tren} {empieza|sube|sale} {a las nueve|en marzo|mañana}.",
        "¿{Puedes|Podría} {enviarme el informe|venir el lunes|confirmar la cita}?",
        "{Añada|Mezcle|Vierta} {la harina|el azúcar} {y remueva|durante cinco minutos}.",
    ],
    &[
        "{Aprire|Chiudere|Pulire} {il coperchio|il filtro} {prima dell'uso|con cura}.",
        "{Come|Dove} posso {annullare|pagare|modificare} {l'ordine|la fattura}?\nPuò farlo {online|per telefono}.",
        "{Si prega di|La preghiamo di} {inviare|firmare} {il contratto|il modulo} entro {lunedì|il 15}.",
        "{La riunione|Il prezzo|Il museo} {inizia|aumenta|apre} {alle nove|a marzo}.",
        "{Puoi|Potresti} {mandarmi il rapporto|venire lunedì}?",
    ],
    &[
        "{Abra|Feche|Limpe} {a tampa|o filtro} {antes do uso|com cuidado}.",
        "{Como|Onde} posso {cancelar|pagar|alterar} {o pedido|a fatura}?\nPode fazê-lo {online|por telefone}.",
        "{Por favor, envie|Favor assinar} {o contrato|o formulário} até {segunda-feira|dia 15}.",
        "{A reunião|O preço|O museu} {começa|sobe|abre} {às nove|em março}.",
    ],
    &[
        "{Open|Sluit|Reinig} {het deksel|het filter} {voor gebruik|voorzichtig}.",
        "{Hoe|Waar} kan ik {mijn bestelling|de factuur} {annuleren|betalen|vinden}?\nDat kan {online|telefonisch}.",
        "{Stuur ons|Onderteken} {het contract|het formulier} voor {maandag|de 15e}, alstublieft.",
        "{De vergadering|De prijs|Het museum} {begint|stijgt|opent} {om negen uur|in maart}.",
    ],
    &[
        "{Откройте|Закройте|Очистите} {крышку|фильтр} {перед использованием|осторожно}.",
        "{Как|Где} можно {отменить|оплатить} {заказ|счёт}?\nЭто можно сделать {на сайте|по телефону}.",
        "{Пожалуйста, отправьте|Просим подписать} {договор|отчёт} до {понедельника|пятницы}.",
        "{Собрание|Музей} {начинается|открывается} в девять часов.",
    ],
    &[
        "请{打开|关闭|清洁}{盖子|过滤器}。",
        "{如何|在哪里}{取消|支付}{订单|发票}？您可以{在网站上|打电话}办理。",
        "请在{周一|五月}之前{发送|签署}{合同|表格}。",
        "{会议|博物馆}{九点开始|明天开放}。",
    ],
    &[
        "{ふた|フィルター}を{開けて|閉めて|掃除して}ください。",
        "{注文|予約}を{取り消す|変更する}には？{ウェブサイト|電話}で手続きできます。",
        "{会議|博物館}は{九時に始まります|明日開きます}。",
        "{契約書|書類}を{月曜日|金曜日}までに送ってください。",
    ],
    &[
        "{افتح|أغلق|نظف} {الغطاء|المرشح} قبل الاستعمال.",
        "كيف يمكنني {إلغاء|دفع} {الطلب|الفاتورة}؟ يمكنك ذلك {عبر الموقع|بالهاتف}.",
        "{يبدأ الاجتماع|يفتح المتحف} في الساعة التاسعة.",
    ],
    &[
        "{ढक्कन|फ़िल्टर} को {खोलें|साफ़ करें|बंद करें}।",
        "मैं अपना {ऑर्डर|टिकट} कैसे रद्द करूँ? आप यह {वेबसाइट पर|फ़ोन से} कर सकते हैं।",
        "{बैठक|संग्रहालय} नौ बजे {शुरू होती है|खुलता है}।",
    ],
];

/// A document of 3 to 10 sentences in one language.
pub(super) fn document(random: &mut Random) -> String {
    let language = random.one_of(LANGUAGES).copied().unwrap_or_default();
    let mut text = String::new();
    for _ in 0..3 + random.below(8) {
        text.push_str(&one_of(language, LISTS, random));
        text.push_str(if random.below(3) == 0 { "\n" } else { " " });
    }
    text
}
