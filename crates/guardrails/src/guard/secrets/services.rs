//! Names of services that hand out keys without a mark of their own, and what is known of some such keys' forms.

/// Lower case. One name per service, as it stands in the names of variables; public directories of web interfaces list
/// them. Names that are also common words are here too: what stands beside them must be random.
pub(super) const NAMES: &str = "abstractapi abuseipdb abyssale accuweather activecampaign adafruit adobe adzuna aeroworkflow agora ahrefs airbrake airship \
    airtable airvisual aiven akamai alchemy alchemyapi alconost alegra aletheia algolia alibaba alienvault aliyun allsports alphavantage amadeus ambee \
    amplitude anthropic anypoint apacta apideck apiflash apifonica apify apilayer apimatic apimetrics apitemplate apollo appcenter appcues appdynamics \
    appfollow appointedd appoptics appsflyer appsynergy apptivo appveyor artifactory artsy asana assemblyai atera atlassian audd auth0 autodesk autoklose \
    autopilot avaza aviationstack axonaut aylien ayrshare azure backblaze bannerbear baremetrics baseapi basecamp beamer beebole besnappy besttime \
    betterstack billomat binance bingmaps bitbar bitbucket bitcoinaverage bitfinex bitly bitmex bitrise bitstamp bittrex blazemeter blitapp blocknative \
    blockfrost blogger bombbomb boostnote borgbase braintree brandfetch braze brevo brightdata browserstack browshot bscscan buddyns budibase bugherd \
    bugsnag buildkite bulbul bulksms buttercms bybit caflou calendarific calendly calorieninja campayn canny cannyio canva capsulecrm captaindata \
    carboninterface cashboard caspio censys centralstationcrm cexio chargebee chartmogul chatbot chatfuel checio checklyhq checkout checkvist cicero \
    circleci clarifai clearbit clerk clickhelp clicksend clickup cliengo clinchpad clockify clockwork closecrm cloudconvert cloudelements cloudflare \
    cloudimage cloudinary cloudmersive cloudplan cloudsight cloudsmith cloverly cloze clustdoc coda codacy codeclimate codecov codemagic codequiry \
    cohere coinapi coinbase coingecko coinlayer coinlib coinmarketcap collect2 column comet commercejs commodities companyhub confluent consul contentful \
    contentstack conversiontools convertapi convertkit convier copper copyleaks couchbase countrylayer courier coveralls craftmypdf crowdin \
    cryptocompare currencycloud currencyfreaks currencylayer currencyscoop currentsapi customerguru customerio cypress d7network daily dailyco \
    dandelion dareboost databox databricks datadog data.gov datagov dbt debounce deepai deepgram deepl deepseek delighted demio deputy detectify \
    detectlanguage dfuse dialpad diffbot diggernaut digitalocean discord discourse disqus ditto dnscheck dnsimple docker dockerhub docparser documo \
    docusign doppler dotdigital dovico dronahq droneci dropbox duffel duply dwolla dynalist dynatrace dyspatch eagleeye eagleeyenetworks easyinsight \
    easypost ecostruxure edamam edenai eightxeight elasticemail elastic elevenlabs enablex endorlabs enigma envoy eraser etherscan ethplorer etsy \
    eventbrite everhour exchangerate exchangerateapi exchangerates exchangeratesapi exportsdk extractorapi facebook faceplusplus facepp fastforex \
    fastly faunadb feedier fetchrss fibery figma fileio finage financialmodelingprep findl fingerprint finicity finnhub firebase fireworks fixerio \
    flatio fleetbase flexport flickr flightapi flightlabs flightstats float flowflu flutterwave fmfw formbucket formcraft formio formsite formspree \
    foursquare frameio freshbooks freshdesk freshservice front fulcrum fullcontact fullstory fusebill fxmarket geckoboard geetest gemini gengo geoapify \
    geocode geocodify geocodio geoipifi getemail getgeoapi getgist getresponse getsandbox ghost giphy github gitlab gitter glassnode gnews gocanvas \
    gocardless goodday godaddy google grafana graphcms graphhopper groovehq groq gtmetrix guardian gumroad guru gyazo happi happyscribe harness \
    harvest hasura helicone hellosign helpcrunch helpscout hereapi here_api heroku hetzner hive hiveage holidayapi holistic honeybadger honeycomb html2pdf \
    huawei hubspot huggingface humanity hunter hybiscus hypertrack hyperbolic ibmcloud iconfinder iexapis iexcloud imagekit imagga imgur impala influxdb \
    infobip infura insightly instabot instagram instamojo instatus intercom interseller intra42 intrinio invoiceocean ip2location ipapi ipdata \
    ipgeolocation ipify ipifi ipinfo ipinfodb ipquality ipqualityscore ipregistry ipstack iterable jenkins jfrog jina jira jotform jumpcloud jupiterone juro \
    kaggle kafka kagi kanban kanbantool kandji karma karmacrm keenio keycdn keygen kickbox kinde klaviyo klipfolio knapsackpro knock kontent kraken \
    kucoin kustomer kylas langchain langfuse languagelayer lastfm launchdarkly lawlytics leadfeeder lemlist lemonsqueezy lendflow less \
    lessannoyingcrm lever lexigram lichess line linear linenotify linkedin linkpreview linode liveagent livekit livestorm llamacloud loadmill \
    lob locationiq logdna loggly loginradius logz logzio lokalise looker loom loyverse lunchmoney luno madkudu magicbell magnetic mailboxlayer \
    mailchimp mailerlite mailersend mailgun mailjet mailmodo mailsac mailtrap mandrill manifest mapbox mapquest marketo marketstack mattermost mavenlink \
    maxmind meaningcloud mediastack meilisearch meistertask memberstack meraki mercury mesibo messagebird metaapi metabase metrilo mindmeister miro \
    mistral mite mixmax mixpanel mockaroo mockoon moderation mollie monday mongodb monkeylearn moonclerk moosend moralis mrticktock mux myfreshworks \
    myintervals nasdaq nethunt netlify neutrinoapi newrelic newsapi newscatcher nexmo nftport ngrok nicereply nightfall nimble noaa northflank noticeable notion \
    notino novu npm nozbe nuget numverify nutritionix nvidia nylas nytimes oanda octopus okta omnisend onedesk onelogin onepagecrm onesignal onfido onfleet oopspam \
    openai opencage opencagedata opengraphr openrouter openuv openweather openweathermap opsgenie optimizely oracle orbit outreach overloop owlbot oxylabs \
    packagecloud paddle pagarme pagerduty palantir pandadoc pandascore paperform paralleldots parsehub parsers parseur particle partnerstack pastebin \
    paydirt paydirtapp paymo paymongo paypal paystack pdflayer pdfshift pdfco peopledatalabs pepipost percy perplexity pexels photoroom phraseapp pinata \
    pinboard pinecone pipedream pipedrive pivotaltracker pixabay plaid planetscale planview planyo plausible plivo podio poeditor pollsapi poloniex polygon \
    portainer portkey positionstack postageapp postbacks posthog postman postmark powrbot prefect prisma privacy prodpad productboard proofhub prospect prospectcrm protocols \
    protocolsio proxycrawl pubnub pulumi purestake pushbullet pusher pushover pypi qase qdrant qualaroo qualtrics quandl qubole quickbase quickbooks rabbitmq \
    railsbank ramp rapidapi rapid7 raven rawg razorpay reachmail readme reallysimplesystems rebrandly recaptcha rechargepayments reddit redis refiner render \
    rentman repairshopr replicate replyio requestfinance resend restpack rev retool rex ringcentral ritekit roaring robinhood roboflow rocketchat rocketreach \
    rockset rollbar roninapp route4me rownd rubygems runpod runrunit runscope runway salesblink salescookie salesflare salesforce salesloft salesmate sanity \
    satismeter saucelabs scaleway scalr scrapeowl scraperapi scraperbox scraperbot scrapersite scrapestack scrapfly scrapingant scrapingbee \
    screenshotapi screenshotlayer scrutinizer securitytrails segment selectpdf semaphore semrush sendbird sendgrid sendinblue sendy sentiment sentry \
    serpapi serphouse serpstack serpwow servicenow sheety sherpadesk shipday shippo shippingcloud shodan shopify shortcut shortio shotstack shutterstock \
    sigopt signable signalwire signaturit signrequest signupgenius simfin simplesat simplynoted simvoly sinch sirv siteleaf sketchfab skrapp \
    skybiometry slack smartling smartsheets smartsheet smartystreets smooch smsapi snipcart snowflake snyk socketio solarwinds sonar sonarcloud sonarqube soundcloud \
    sourcegraph sparkpost spectralops speechtext speechmatics speedcurve splunk spoonacular sportradar sportsmonk spotify square squarespace squareup sslmate \
    stability stackblitz stackhawk stackoverflow statuscake statusgator statuspage statuspal steam stitchdata stockdata storecove stormboard stormglass storyblok \
    storychief strava streak stripe stripo stytch sugester sumologic sumo supabase supernotes surge surveyanyplace surveybot surveymonkey \
    surveysparrow survicate swell swiftype sysdig tailscale tallyfy tatum tatumio tavily taxjar teamcity teamgate teamviewer teamwork teamworkcrm teamworkdesk \
    teamworkspaces technicalanalysisapi tefter telegram telesign teletype telnyx tencent terraform textmagic the-odds-api theoddsapi thingsboard thinkific \
    thousandeyes ticketmaster tickettailor tickertick tiingo timecamp timezoneapi timezonedb tineswebhook tines tinypng tmdb tmetric todoist \
    toggl together tokeet tomorrowio tomtom tracxn tradier transferwise travelpayouts travis travisci trello truenas trustpilot tugboat tumblr twelvedata twilio \
    twist twitch twitter tyntec typeform typesense typetalk ubidots uclassify unifi unifyid unplugg unplu unsplash upcdatabase uplead uploadcare \
    uptimerobot upstash upwave upwork urlscan userflow userstack usertesting vagrant vatlayer vbout vercel verifier verimail veriphone versioneye viewneo vimeo \
    virustotal visualcrossing voicegain voiceflow voodoosms vonage vouchery vpnapi vultr vyte wakatime walkscore wandb wasabi weatherapi weatherbit weatherstack \
    weaviate web3 web3storage webex webflow webscraper webscraping wepay whatsapp whoisxml whoxy wikimedia wistia wix woocommerce wootric workato workos worksnaps \
    workstack worldcoinindex worldweather wrike wunderground xero xmatters yahoo yandex yelp youneedabudget yousign youtube zapier zapierwebhook zendesk \
    zeplin zenrows zenscrape zenserp zerobounce zerotier zerossl zipbooks zipcodeapi zipcodebase zoho zonka zonkafeedback zoom zuora zulipchat zulip \
    bitcoin basespace bluesky buttondown cal.com campaignmonitor ciscospark cloudways constantcontact cursor dashlane digicert drift dub dnspod eversign \
    flagsmith gainsight goshippo growthbook hackerone hotjar imperva jamf keycloak kayako keepersecurity lightspeed litmus logrocket mailerq matomo netdata newton ovh \
    papertrail pocket printful printify proxmox quora rancher scrive sendcloud sendpulse smtp2go splitio statsig tableau tawk temporal vantage wave wordpress zuplo";

/// Marks after which a value has its provider's whole form or is no key of it.
pub(super) const MARKS: &[&str] = &[
    "px-api-",
    "px-dep-",
    "hvs.",
    "hvb.",
    "hvr.",
    "glsa_",
    "glc_",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxe",
    "xapp-",
    "ntn_",
    "sk-ant-",
    "dapi",
    "sgp_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "npm_",
    "hf_",
    "AKIA",
    "ASIA",
    "AIza",
    "pypi-",
    "dckr_",
    "shpat_",
    "shpca_",
    "shpss_",
    "dop_v1_",
    "PMAK-",
    "ico-",
    "pul-",
    "sha256~",
    "A3-",
    "4b1d",
];

/// What a service's keys are known to look like, by what their names contain.
pub(super) type Known = (&'static [&'static str], fn(&str) -> bool);

pub(super) const FORMS: &[Known] = &[
    // 42 letters after Okta's documentation of its interface tokens.
    (&["okta_api", "okta_token", "okta_secret", "okta:", "okta-"], |value| {
        value.len() == 42 || !value.starts_with("00")
    }),
    (&["aws_secret", "awssecret", "aws-secret", "aws_sec", "= secret_access_key", " secret_access_key ="], |value| {
        value.len() == 40
    }),
    (&["meraki"], |value| value.len() == 40),
    (&["sumo"], |value| value.len() == 14 || value.len() == 64),
];
