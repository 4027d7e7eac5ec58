use guardrails::*; use serde_json::Value; use std::collections::*; use usecase::declared::TopicsAction; use usecase::Decision;
fn h(s:&str)->u64{ let mut x=0xcbf29ce484222325u64; for b in s.bytes(){x^=b as u64; x=x.wrapping_mul(0x100000001b3);} x }
fn embed(t:&str, idf:&HashMap<String,f32>)->Vec<f32>{ let mut v=vec![0f32;4096];
 let stop=["the","a","is","of","to","in","i","my","do","what","how","for","me","can","you","on","and","it","are","was"];
 let l=t.to_lowercase(); let ws:Vec<&str>=l.split(|c:char|!c.is_alphanumeric()).filter(|w|!w.is_empty()).collect();
 for w in &ws { let wt= if stop.contains(w){0.15}else{1.0}*idf.get(*w).copied().unwrap_or(1.0); v[(h(w)%4096) as usize]+=wt; let c:Vec<char>=format!("#{w}#").chars().collect(); if !stop.contains(w){for g in c.windows(4){let s:String=g.iter().collect(); v[(h(&s)%4096) as usize]+=0.35*wt;}}}
 let n=v.iter().map(|x|x*x).sum::<f32>().sqrt().max(1e-9); v.iter_mut().for_each(|x|*x/=n); v }
fn main(){ let f=std::env::args().nth(1).unwrap(); let rows:Vec<Value>=std::fs::read_to_string(f+"/topic_clinc150.jsonl").unwrap().lines().map(|l|serde_json::from_str(l).unwrap()).collect();
 let idf=HashMap::new(); let mut by:BTreeMap<String,Vec<&str>>=BTreeMap::new(); for r in &rows{by.entry(r["domain"].as_str().unwrap_or("oos").into()).or_default().push(r["text"].as_str().unwrap());}
 let bg:Vec<Vec<f32>>=background_sentences().iter().map(|s|embed(s,&idf)).collect();
 for n in [10usize,20,60]{ let (mut tin,mut tout,mut tbg)=(0.0,0.0,0.0); let mut k=0.0;
 for (d,texts) in &by{ if d=="oos"{continue;} let step=texts.len()/n; let ex:Vec<_>=texts.iter().step_by(step).take(n).map(|t|(d.clone(),embed(t,&idf))).collect();
  let b=TopicBoundary::new(ex,bg.clone(),TopicsAction::Refuse);
  let rate=|ts:&Vec<&str>|{let s:Vec<&&str>=ts.iter().skip(3).step_by(7).collect(); s.iter().filter(|t|b.judge(&embed(t,&idf),false).decision==Decision::Allow).count() as f64/s.len() as f64};
  let inn=rate(texts); let out:f64=by.iter().filter(|(o,_)|*o!=d).map(|(_,t)|rate(t)).sum::<f64>()/(by.len()-1) as f64; let o=rate(&by.get("oos").cloned().unwrap_or(vec!["x";20]));
  if n==20{println!("{d} in {inn:.2} other {out:.2} oos {o:.2}");} tin+=inn;tout+=out;tbg+=o;k+=1.0;}
 println!("n {n} accepted in-domain {:.3} other domains {:.3} oos {:.3}",tin/k,tout/k,tbg/k);} }
