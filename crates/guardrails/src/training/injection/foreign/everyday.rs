//! What people ask in other languages: a shop or an office about rules, instructions, passwords and addresses; an
//! encyclopaedia about persons, places and numbers; an assistant for code and texts. Patterns without fillers.

pub(in super::super) const EVERYDAY: &[&str] = &[
    // German
    "[Was sind|Wie lauten|Wo finde ich|Können Sie mir sagen, was|Erklären Sie mir bitte] [Ihre|eure|die] [Regeln|Richtlinien|Bedingungen|Anweisungen|Vorschriften] [für|zu|bei] [Rückgaben|Haustieren|Stornierungen|verspäteten Zahlungen|Gepäck|Passwörtern][?|, bitte?]",
    "[Wo finde ich|Wo gibt es|Haben Sie|Ich suche] die [Anleitung|Anweisungen|Gebrauchsanweisung|Montageanleitung] [für|zu] [die Waschmaschine|das Regal|den Router|das Medikament|die Kamera][?|.]",
    "[Welche|Wie viele|In welchem Jahr|Wer|Warum|Wann|Was] [Stadt liegt|Menschen leben|wurde die Brücke gebaut|gewann den Preis|Flüsse fließen|ist die Geheimzahl der Zellen|Partei regierte|verbot der König] [am Rhein|in Warschau|nach dem Krieg|im Jahr 1973|in der Schlacht|laut der Theorie]?",
    "[Schreibe|Erstelle|Schreiben Sie] [ein Python-Programm|ein Skript|eine Funktion|eine E-Mail|einen Aufsatz], [das Dateien sortiert|die Leerzeilen ignoriert|die den Benutzer um sein Passwort bittet und es sicher speichert|in der ich um Urlaub bitte]. [Es soll keine Bibliotheken verwenden.|Erkläre jeden Schritt.|Höchstens 200 Wörter.|]",
    "[Wie ist|Was ist|Bitte nennen Sie mir] Ihre [Telefonnummer|E-Mail-Adresse|Lieferadresse|Bankverbindung|Adresse][?|.| für Beschwerden?]",
    // Dutch
    "[Wat zijn|Waar vind ik|Kunt u uitleggen wat] [uw|jullie|de] [regels|voorwaarden|richtlijnen|instructies] [voor|over|bij] [retourneren|huisdieren|annuleren|late betaling|wachtwoorden|de wasmachine|de boekenkast][ zijn?|?]",
    "[Welke|Hoeveel|In welk jaar|Wie|Waarom|Wanneer] [stad ligt|mensen wonen|werd de brug gebouwd|won de prijs|rivieren stromen|verbood de koning handel] [aan de Maas|in Warschau|na de oorlog|in 1973]? [Schrijf een kort antwoord.|]",
    // Polish
    "[Jakie są|Gdzie znajdę|Czy możecie podać] [wasze|państwa|] [zasady|reguły|warunki|instrukcje] [zwrotów|anulowania rezerwacji|dotyczące haseł|przyjmowania zwierząt|montażu regału|obsługi pralki]?",
    "[Które miasto leży|Ile osób mieszka|W którym roku zbudowano most|Kto zdobył nagrodę|Dlaczego król zakazał handlu|Napisz program, który sortuje pliki|Napisz list do szefa] [nad Wisłą|w Warszawie|po wojnie|w 1973 roku|i wyjaśnij każdy krok]?",
    // Russian
    "[Каковы|Какие у вас|Где можно прочитать|Расскажите про] [ваши|] [правила|условия|инструкции|требования] [возврата|отмены заказа|провоза багажа|для паролей|проживания с животными|оплаты]?",
    "[Где найти|Где скачать|Пришлите, пожалуйста,|Потерял] [инструкцию|руководство|правила] [к стиральной машине|к телефону|по сборке шкафа|к игре|к лекарству][?|.]",
    "[Какой город|Сколько человек|В каком году|Кто|Почему|Назовите, кто|Когда] [стоит на Волге|живёт в Варшаве|построили мост|получил премию|запретил торговлю|открыл этот элемент|возглавил партию] [после войны|в 1973 году|согласно теории|в битве]?",
    "[Напиши|Создай|Напишите] [программу на Python|скрипт|письмо начальнику|сочинение|функцию], [которая сортирует файлы|который пропускает пустые строки|о пользе спорта|которая проверяет пароль пользователя]. [Объясни каждый шаг.|Не больше ста слов.|]",
    "[Какой у вас|Подскажите ваш|Сообщите] [номер телефона|адрес|электронный адрес|почтовый адрес][?|, пожалуйста.| для жалоб?]",
    // Turkish
    "[İade|İptal|Evcil hayvan|Bagaj|Şifre|Geç ödeme] [kurallarınız|politikanız|koşullarınız|talimatlarınız] [nelerdir|nedir|nerede yazıyor]?",
    "[Çamaşır makinesinin|Telefonun|Dolabın|Yazıcının] [talimatlarını|kullanım kılavuzunu] [nerede bulabilirim|nereden indirebilirim]?",
    "[Hangi şehir|Kaç kişi|Hangi yılda|Kim|Neden kral|Bana] [Tuna kıyısındadır|Varşova'da yaşıyor|köprü yapıldı|ödülü kazandı|ticareti yasakladı|dosyaları sıralayan bir Python programı yaz|patronuma bir e-posta yaz]?",
    // Greek
    "[Ποιοι είναι|Πού θα βρω|Μπορείτε να μου πείτε] [οι|τους|] [κανόνες|όρους|οδηγίες] [επιστροφών|ακύρωσης|για τους κωδικούς|για τα κατοικίδια|του πλυντηρίου|συναρμολόγησης];",
    "[Ποια πόλη βρίσκεται|Πόσοι άνθρωποι ζουν|Ποια χρονιά χτίστηκε η γέφυρα|Ποιος κέρδισε το βραβείο|Γράψε ένα πρόγραμμα που ταξινομεί αρχεία] [στη Βαρσοβία|στον ποταμό|μετά τον πόλεμο|το 1973];",
    // French
    "[Quelles sont|Où puis-je lire|Pouvez-vous m'expliquer|Je voudrais connaître] [vos|les] [règles|conditions|consignes|politiques|instructions] [de retour|d'annulation|pour les animaux|pour les bagages|en cas de retard de paiement|pour les mots de passe][?| ?|.]",
    "[Où trouver|Où est-ce que je trouve|Où sont|J'ai perdu] [les instructions|le mode d'emploi|la notice|les consignes] [du lave-linge|de montage|de l'imprimante|du jeu|du médicament][ ?|.]",
    "[Quelle ville|Combien de personnes|En quelle année|Qui|Pourquoi|Quand|Quel roi] [se trouve sur le Rhin|vivent à Varsovie|le pont a-t-il été construit|a remporté le prix|a interdit le commerce|dirigeait le parti] [après la guerre|en 1973|selon la théorie|pendant la bataille] ?",
    "[Écris|Créez|Générez] [un programme Python|un script|une fonction|un e-mail|une dissertation] [qui trie des fichiers|qui ignore les lignes vides|qui demande un mot de passe à l'utilisateur et le stocke en sécurité|pour demander des congés]. [Explique chaque étape.|Pas plus de 200 mots.|]",
    "[Quelle est votre|Quel est votre|Donnez-moi votre] [adresse|numéro de téléphone|adresse e-mail|numéro de fax][ ?|, s'il vous plaît.| pour une réclamation ?]",
    // Spanish
    "[¿Cuáles son|¿Dónde puedo leer|¿Me explica|¿Qué dicen|¿Dónde encuentro] [sus|las|tus] [reglas|normas|políticas|condiciones|instrucciones] [de devolución|de cancelación|para mascotas|de equipaje|sobre contraseñas|de pago|de montaje]?",
    "¿[Dónde encuentro|Dónde están|Dónde puedo descargar|Me puede enviar|Tienen] [las instrucciones|el manual|la guía] [de la impresora|del horno|de montaje|del juego|del medicamento|del secador|de la tele|de mi reloj]?",
    "¿[Qué ciudad|Cuántas personas|En qué año|Quién|Por qué|Cuándo|Qué rey] [está junto al río|viven en Varsovia|se construyó el puente|ganó el premio|prohibió el comercio|dirigía el partido] [después de la guerra|en 1973|según la teoría|durante la batalla]?",
    "[Escribe|Crea|Genere] [un programa en Python|un script|una función|un correo|un ensayo] [que ordene archivos|que ignore las líneas vacías|que pida la contraseña al usuario y la guarde de forma segura|para pedir vacaciones]. [Explica cada paso.|Máximo 200 palabras.|]",
    "¿[Cuál es su|Cuál es el|Me da su] [dirección|número de teléfono|correo electrónico|número de cuenta para la transferencia][?| de la tienda?| para reclamaciones?]",
    // Portuguese
    "[Quais são|Onde posso ler|Pode explicar] [as suas|as vossas|as] [regras|políticas|condições|instruções] [de devolução|de cancelamento|para animais|de bagagem|sobre senhas|da máquina de lavar|de montagem]?",
    "[Que cidade fica|Quantas pessoas vivem|Em que ano foi construída a ponte|Quem ganhou o prêmio|Por que o rei proibiu o comércio|Escreva um programa em Python que ordena arquivos|Escreva um e-mail para pedir férias] [junto ao rio|em Varsóvia|depois da guerra|em 1973|e explique cada passo]?",
    // Italian
    "[Quali sono|Dove posso leggere|Dove trovo|Mi spiega] [le vostre|le] [regole|condizioni|istruzioni|norme] [per i resi|di cancellazione|per gli animali|per i bagagli|sulle password|della lavatrice|di montaggio]?",
    "[Quale città si trova|Quante persone vivono|In che anno fu costruito il ponte|Chi vinse il premio|Perché il re vietò il commercio|Scrivi un programma Python che ordina i file|Scrivi una mail per chiedere ferie] [sul fiume|a Varsavia|dopo la guerra|nel 1973|e spiega ogni passo]?",
    // Romanian
    "[Care sunt|Unde găsesc|Îmi puteți explica] [regulile|condițiile|instrucțiunile] [de retur|de anulare|pentru animale|pentru parole|mașinii de spălat|de montaj]?",
    "[Ce oraș se află|Câți oameni trăiesc|În ce an a fost construit podul|Cine a câștigat premiul|De ce a interzis regele comerțul|Scrie un program care sortează fișiere] [pe Dunăre|în Varșovia|după război|în anul 1973]?",
    // Arabic
    "[ما هي|أين أجد|هل يمكنكم شرح] [قواعد|شروط|سياسة|تعليمات] [الإرجاع|الإلغاء|الأمتعة|كلمات المرور|الغسالة|تركيب الخزانة|الدفع] [لديكم|من فضلكم|]؟",
    "[أي مدينة تقع|كم شخصا يعيش|في أي عام بني الجسر|من فاز بالجائزة|لماذا حظر الملك التجارة|متى انتهت الحرب|ما اسم القائد الذي حكم] [على النهر|في وارسو|بعد الحرب|في عام 1973|في المعركة]؟",
    "[اكتب|أنشئ] [برنامجا بلغة بايثون|دالة|رسالة|مقالا] [يرتب الملفات|تتحقق من كلمة مرور المستخدم|إلى المدير لطلب إجازة|عن الرياضة]. [اشرح كل خطوة.|]",
    "ما هو [رقم هاتفكم|عنوانكم|بريدكم الإلكتروني]؟",
    // Hindi
    "[वापसी|रद्द करने|सामान|पासवर्ड|भुगतान|पालतू जानवरों] के [आपके नियम|निर्देश|नियम और शर्तें] [क्या हैं|कहाँ मिलेंगे]?",
    "[वॉशिंग मशीन|फ़ोन|अलमारी|प्रिंटर] के निर्देश [कहाँ मिलेंगे|कहाँ से डाउनलोड करूँ]?",
    "[कौन सा शहर नदी पर है|वारसॉ में कितने लोग रहते हैं|पुल किस वर्ष बनाया गया|पुरस्कार किसने जीता|राजा ने व्यापार पर रोक क्यों लगाई|युद्ध कब समाप्त हुआ|पार्टी का नेतृत्व किसने किया]?",
    "[एक पायथन प्रोग्राम|एक स्क्रिप्ट|एक ईमेल|एक निबंध] लिखें [जो फ़ाइलों को क्रम में रखे|जो उपयोगकर्ता का पासवर्ड जाँचे|छुट्टी माँगने के लिए]। [हर चरण समझाएँ।|] [आपका फ़ोन नंबर क्या है?|]",
    // Bengali
    "[ফেরতের|বাতিলের|পাসওয়ার্ডের|ওয়াশিং মেশিনের] [নিয়ম|নির্দেশনা] [কী|কোথায় পাব]? [ধন্যবাদ।|]",
    // Chinese
    "[你们|贵公司|酒店][的|关于][退货|取消|宠物|行李|密码|付款|保修][规则|规定|政策|说明]是什么？",
    "[洗衣机|手机|书架|打印机|药品]的[说明书|使用说明|安装说明][在哪里|哪里可以下载|丢了怎么办]？",
    "[哪个城市|有多少人|哪一年|谁|为什么国王|什么时候][位于河边|住在华沙|建造了这座桥|获得了该奖|禁止贸易|结束了战争|领导了该党]？",
    "[请写|写|生成]一个[Python程序|脚本|函数]，[对文件排序|忽略空行|检查用户的密码是否安全]。[解释每一步。|不要使用外部库。|] [你们的电话号码是多少？|]",
    // Japanese
    "[返品|キャンセル|ペット|荷物|パスワード|支払い]の[ルール|規則|ポリシー|説明]は[何ですか|どこにありますか]？",
    "[洗濯機|プリンター|本棚|薬]の[説明書|取扱説明書]は[どこにありますか|どこでダウンロードできますか]？ [会社の電話番号は？|]",
    "[川沿いの都市は|ワルシャワには何人|橋は何年に|誰が賞を|なぜ王は貿易を][どこですか|住んでいますか|建てられましたか|受賞しましたか|禁止しましたか]？ [Pythonでファイルを並べ替えるプログラムを書いてください。|]",
    // Korean
    "[반품|취소|반려동물|수하물|비밀번호|결제] [규칙|정책|안내|조건]은 [무엇인가요|어디에 있나요]?",
    "[세탁기|프린터|책장|약] [설명서|사용 설명서]는 [어디에 있나요|어디서 받을 수 있나요]? [회사 전화번호가 무엇인가요?|]",
    "[강가에 있는 도시는|바르샤바에는 몇 명이|다리는 몇 년에|누가 상을|왜 왕은 무역을] [어디인가요|사나요|지어졌나요|받았나요|금지했나요]? [파일을 정렬하는 파이썬 프로그램을 작성해 주세요.|]",
    // Thai
    "[กฎ|เงื่อนไข|คำแนะนำ|นโยบาย][การคืนสินค้า|การยกเลิก|เรื่องสัตว์เลี้ยง|เรื่องรหัสผ่าน|การใช้เครื่องซักผ้า|การประกอบชั้นวาง][คืออะไร|อยู่ที่ไหน]",
    "[เมืองใดตั้งอยู่|มีคนกี่คนอาศัย|สะพานสร้างขึ้นในปีใด|ใครได้รับรางวัล|ทำไมกษัตริย์ห้ามการค้า|สงครามสิ้นสุดเมื่อใด|พรรคใดชนะ][ริมแม่น้ำ|ในวอร์ซอ|หลังสงคราม|ในปี 1973]",
    "[เขียน|สร้าง][โปรแกรม Python|สคริปต์|อีเมล|เรียงความ][ที่เรียงไฟล์|ที่ตรวจสอบรหัสผ่านของผู้ใช้|เพื่อขอลางาน] [อธิบายทุกขั้นตอน|] [เบอร์โทรศัพท์ของร้านคืออะไร|]",
    // Vietnamese
    "[Quy định|Chính sách|Điều kiện|Hướng dẫn] [đổi trả|hủy đơn|về thú cưng|về mật khẩu|hành lý|sử dụng máy giặt|lắp kệ sách] [của cửa hàng|của khách sạn|] [là gì|ở đâu]?",
    "[Thành phố nào nằm|Có bao nhiêu người sống|Cây cầu được xây vào năm nào|Ai đã giành giải thưởng|Tại sao nhà vua cấm buôn bán|Chiến tranh kết thúc khi nào|Đảng nào thắng] [bên sông|ở Warsaw|sau chiến tranh|vào năm 1973]?",
    "[Viết|Tạo] [một chương trình Python|một đoạn mã|một email|một bài luận] [sắp xếp tệp|kiểm tra mật khẩu của người dùng|để xin nghỉ phép]. [Giải thích từng bước.|] [Số điện thoại của cửa hàng là gì?|]",
    // Indonesian
    "[Apa|Di mana saya bisa membaca] [aturan|kebijakan|syarat|petunjuk] [pengembalian|pembatalan|hewan peliharaan|kata sandi|bagasi|mesin cuci|perakitan rak] [Anda|toko ini|]?",
    "[Kota mana|Berapa orang|Tahun berapa|Siapa|Mengapa raja|Kapan] [terletak di tepi sungai|tinggal di Warsawa|jembatan itu dibangun|memenangkan hadiah|melarang perdagangan|perang berakhir]? [Buat program Python yang mengurutkan berkas.|]",
    // Filipino
    "[Ano ang|Saan ko mababasa ang] [mga patakaran|mga tuntunin|mga tagubilin] [ninyo |][sa pagsasauli|sa pagkansela|sa password|ng washing machine|sa mga alagang hayop]? [Salamat po.|]",
    "[Aling lungsod ang nasa tabi ng ilog|Ilang tao ang nakatira sa Warsaw|Sino ang nanalo ng premyo|Kailan natapos ang digmaan|Sumulat ng programa na nag-aayos ng mga file]?",
    // The router's and the guests' passwords, which are no secret of an assistant.
    "[Wie lautet|Wo steht] das [WLAN-Passwort|Standardpasswort] [im Hotel|meines Routers|des Druckers]?",
    "[Quel est|Où est écrit] le [mot de passe|code] [du wifi|par défaut] [de l'hôtel|de mon routeur|de l'imprimante] ?",
    "¿[Cuál es|Dónde está] la [contraseña|clave] [del wifi|de fábrica] [del hotel|de mi router|de la impresora]?",
    "[Qual è|Dov'è scritta] la password [del wifi|predefinita] [dell'albergo|del mio router]?",
    "[Qual é|Onde está] a senha [do wifi|padrão] [do hotel|do meu roteador]?",
    "[Какой|Где указан] пароль [от wi-fi|по умолчанию] [в гостинице|у моего роутера]?",
    "[Otelin wifi|Modemin varsayılan] şifresi [nedir|nerede yazıyor]?",
    "[酒店的|路由器的默认|打印机的][wifi密码|密码]是[什么|多少]？",
    "[ホテルの|ルーターの初期][Wi-Fiパスワード|パスワード]は[何ですか|どこに書いてありますか]？",
    "[ما هي|أين أجد] كلمة مرور [الواي فاي في الفندق|جهاز التوجيه الافتراضية]؟",
    "[होटल के वाईफ़ाई|राउटर] का पासवर्ड [क्या है|कहाँ लिखा है]?",
    "Mật khẩu [wifi của khách sạn|mặc định của bộ định tuyến] là gì?",
];
