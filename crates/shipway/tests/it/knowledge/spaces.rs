//! A collection moves from one embedder to another, beside what serves; the other one is a tiny model in a folder of the
//! project.

use super::home::{Home, found, head, ingest, page, search};
use serde_json::{Map, Value, json};
use std::path::Path;
use testkit::TestProject;

const HIDDEN: usize = 8;
const VOCABULARY: [&str; 12] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "lamp", "##s", "return", "delivery", "days", "colour", "green", "blue"];

/// An encoder of one layer with weights by a formula: it understands nothing, and gives every text its own vector.
fn write_model(folder: &Path) {
    let square = [HIDDEN, HIDDEN];
    let layer = "encoder.layer.0";
    let mut tensors: Vec<(String, Vec<usize>)> = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![VOCABULARY.len(), HIDDEN]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![32, HIDDEN]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, HIDDEN]),
    ];
    let parts = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"];
    let mut linear: Vec<(String, [usize; 2])> = parts.iter().map(|part| (format!("{layer}.{part}"), square)).collect();
    linear.push((format!("{layer}.intermediate.dense"), [2 * HIDDEN, HIDDEN]));
    linear.push((format!("{layer}.output.dense"), [HIDDEN, 2 * HIDDEN]));
    for (name, [out, into]) in linear {
        tensors.push((format!("{name}.weight"), vec![out, into]));
        tensors.push((format!("{name}.bias"), vec![out]));
    }
    for norm in ["embeddings".to_owned(), format!("{layer}.attention.output"), format!("{layer}.output")] {
        tensors.push((format!("{norm}.LayerNorm.weight"), vec![HIDDEN]));
        tensors.push((format!("{norm}.LayerNorm.bias"), vec![HIDDEN]));
    }
    let (mut header, mut data) = (Map::new(), Vec::<u8>::new());
    for (name, shape) in tensors {
        let begin = data.len();
        for number in 0..shape.iter().product::<usize>() {
            let value = ((begin + number * 37) % 101) as f32 / 50.5 - 1.0;
            data.extend(value.to_le_bytes());
        }
        header.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()] }));
    }
    let header = Value::Object(header).to_string();
    let config = json!({
        "model_type": "bert", "architectures": ["BertModel"], "hidden_size": HIDDEN, "num_attention_heads": 2,
        "num_hidden_layers": 1, "max_position_embeddings": 32, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
        "type_vocab_size": 2,
    });
    std::fs::create_dir_all(folder).expect("a folder for the model");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("the model can be written");
    write("model.safetensors", &[&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat());
    write("config.json", config.to_string().as_bytes());
    write("vocab.txt", VOCABULARY.join("\n").as_bytes());
}

fn embed_by(project: &TestProject, from: &str, to: &str) {
    let text = std::fs::read_to_string(project.path("shipway.toml")).expect("the project's file");
    assert!(text.contains(from), "{text}");
    project.write("shipway.toml", text.replace(from, to));
}

fn embedder(searched: &Value) -> &str {
    searched["explanation"]["collections"][0]["embedder"].as_str().expect("an embedder")
}

pub(super) fn a_collection_moves_to_another_embedder(home: &Home) {
    let project = home.shop("files = \"pages/**/*.md\"");
    write_model(&project.path("models/tiny"));
    page(&project, "returns", None, "You can return any lamp within 45 days of delivery.");
    page(&project, "colours", None, "The lamps are green and blue.");
    ingest(&project);
    let lexical = head(&project)["space"].clone();
    let asked = "Which colour have the lamps, green?";
    let finds = |id: &str, by: &str| {
        let searched = search(&project, "", asked);
        assert!(found(&searched).contains(&id) && embedder(&searched).starts_with(by), "{searched}");
    };
    finds("colours", "lexical");

    // Another embedder is declared: the collection goes on in its own space, and is filled in it.
    embed_by(&project, "use = \"lexical\"", "use = \"folder:models/tiny\"");
    finds("colours", "lexical");
    let server = project.serve();
    let client = server.client();
    assert!(super::home::answer(&client, asked).contains("green"));
    page(&project, "white", None, "One lamp has the colour white.");
    ingest(&project);
    finds("white", "lexical");
    assert_eq!(head(&project)["space"], lexical);

    let moved = project.must(&["collection", "reembed", "shop/pages", "--json"]).json();
    assert_eq!((&moved["from"], &moved["embedded"]), (&lexical, &json!(3)), "{moved}");
    assert_eq!(moved["to"]["dimensions"], HIDDEN, "{moved}");
    assert_eq!(head(&project)["space"], moved["to"]);
    finds("white", "tiny");
    assert!(super::home::answer(&client, asked).contains("green"), "the running server follows");
    // What is there already is not embedded again.
    let again = project.must(&["collection", "reembed", "shop/pages", "--json"]).json();
    assert_eq!(again["embedded"], 0, "{again}");
    page(&project, "red", None, "No lamp has the colour red.");
    ingest(&project);
    finds("red", "tiny");

    // Back: the folder's model is nobody's now, so a question has no vector to compare, and the way out is named.
    embed_by(&project, "use = \"folder:models/tiny\"", "use = \"lexical\"");
    let refused = project.shipway(&["search", "shop", asked]);
    assert!(refused.code == 1 && refused.stderr.contains("shipway collection reembed"), "{refused:?}");
    project.must(&["collection", "reembed", "shop/pages"]);
    finds("red", "lexical");
}
