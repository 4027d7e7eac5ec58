// Anthropic's TypeScript SDK: messages, their streams and helpers, token counts, models.

import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';
import {
  ATTACK, BASE_URL, KEY, LAMP, PNG, WEATHER, WEATHER_QUESTION, failing, raised, run, version, weather,
} from './checks.mjs';

const client = new Anthropic({ baseURL: BASE_URL, apiKey: KEY, maxRetries: 0 });
const tools_given = [{ name: 'weather', description: 'How warm it is', input_schema: WEATHER }];
const TRIP = z.object({ city: z.string(), days: z.number() });

const says = (content) => ({ max_tokens: 64, messages: [{ role: 'user', content }] });

function text_of({ content }) {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

function told(message) {
  return [text_of(message), message.stop_reason, message.usage.input_tokens, message.usage.output_tokens];
}

async function chat(model) {
  return told(await client.messages.create({ model, ...says('Say hello.') }));
}

async function stream(model) {
  let text = '', finish = null, usage = null, begun = null;
  for await (const event of await client.messages.create({ model, ...says('Say hello.'), stream: true })) {
    if (event.type === 'message_start') begun = event.message.usage.input_tokens;
    if (event.type === 'content_block_delta') text += event.delta.text;
    if (event.type === 'message_delta') ({ delta: { stop_reason: finish }, usage } = event);
  }
  return [text, finish, usage.input_tokens ?? begun, usage.output_tokens];
}

async function stream_helper(model) {
  const events = client.messages.stream({ model, ...says('Say hello.') });
  let text = '';
  events.on('text', (delta) => (text += delta));
  const message = await events.finalMessage();
  if (text_of(message) !== text) throw new Error(text);
  return told(message);
}

/** Sends the tools' results back. */
async function answered(model, { content, stop_reason }) {
  const calls = content.map((block) => [block.id, block.name, block.input]);
  const results = calls.map(([tool_use_id, , given]) => ({ type: 'tool_result', tool_use_id, content: weather(given) }));
  const turns = [{ role: 'assistant', content }, { role: 'user', content: results }];
  const { messages, max_tokens } = says(WEATHER_QUESTION);
  const answer = await client.messages.create({
    model, max_tokens, messages: [...messages, ...turns], tools: tools_given,
  });
  return [stop_reason, calls, text_of(answer)];
}

async function tools(model) {
  return answered(model, await client.messages.create({ model, ...says(WEATHER_QUESTION), tools: tools_given }));
}

async function tools_streamed(model) {
  const events = client.messages.stream({ model, ...says(WEATHER_QUESTION), tools: tools_given });
  return answered(model, await events.finalMessage());
}

/** The SDK runs the tools and asks again by itself; its addresses end in `?beta=true`. */
async function tools_run(model) {
  const run = betaTool({ name: 'weather', description: 'How warm it is', inputSchema: WEATHER, run: weather });
  return text_of(await client.beta.messages.toolRunner({ model, ...says(WEATHER_QUESTION), tools: [run] }));
}

async function object(model) {
  const output_config = { format: zodOutputFormat(TRIP) };
  const question = says('Which city, and for how many days?');
  return (await client.messages.parse({ model, ...question, output_config })).parsed_output;
}

async function picture(model) {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
  const question = says([image, { type: 'text', text: 'What is in the picture?' }]);
  return text_of(await client.messages.create({ model, ...question })).replace(PNG, 'PNG');
}

async function thoughts(model) {
  const shown = ({ content }) =>
    content.map((block) => (block.type === 'thinking' ? `${block.thinking} ${block.signature}` : block.text));
  const thinking = { type: 'enabled', budget_tokens: 1024 };
  const question = { model, ...says('Think, then greet.'), max_tokens: 2048, thinking };
  const streamed = shown(await client.messages.stream(question).finalMessage());
  return [shown(await client.messages.create(question)), streamed];
}

async function count() {
  const counted = (model, text) => client.messages.countTokens({ model, messages: says(text).messages });
  const estimated = await counted('shop', LAMP);
  return [(await counted('claude/claude-sonnet-4-5', 'Say hello.')).input_tokens, estimated.input_tokens > 5];
}

async function models() {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  return [ids.includes('shop'), (await client.models.retrieve('shop')).id];
}

async function citations() {
  const [cited] = (await client.messages.create({ model: 'shop', ...says(LAMP) })).content[0].citations;
  return [cited.title, cited.url, cited.cited_text];
}

async function citations_streamed() {
  const [cited] = (await client.messages.stream({ model: 'shop', ...says(LAMP) }).finalMessage()).content[0].citations;
  return [cited.title, cited.url, cited.cited_text];
}

async function refusal() {
  const message = await client.messages.create({ model: 'shop', ...says(ATTACK) });
  return [text_of(message), message.stop_reason];
}

async function refusal_streamed() {
  const message = await client.messages.stream({ model: 'shop', ...says(ATTACK) }).finalMessage();
  return [text_of(message), message.stop_reason];
}

async function headers() {
  const { data, response } = await client.messages.create({ model: 'shop', ...says(LAMP) }).withResponse();
  const trace = response.headers.get('x-shipway-trace');
  const bundle = response.headers.get('x-shipway-bundle').slice(0, 2);
  return [data.id === `msg_${trace}`, data._request_id === trace, bundle];
}

async function wrong_key() {
  const stranger = new Anthropic({ baseURL: BASE_URL, apiKey: 'sk-wrong', maxRetries: 0 });
  return raised(() => stranger.models.list());
}

async function wrong_model() {
  return raised(() => client.messages.create({ model: 'nobody/m', ...says('Say hello.') }));
}

async function wrong_request() {
  return raised(() => client.messages.create({ model: 'scripted/m', max_tokens: 64, messages: [] }));
}

async function refused(model) {
  return raised(() => client.messages.create({ model, ...says('Refuse with 400.') }));
}

async function busy(model) {
  return raised(() => client.messages.create({ model: failing('busy', model), ...says('Refuse with 429.') }));
}

async function cut(model) {
  let text = '';
  try {
    const events = client.messages.stream({ model: failing('frail', model), ...says('Break off.') });
    events.on('text', (delta) => (text += delta));
    await events.finalMessage();
  } catch (error) {
    return [text, error instanceof Anthropic.APIError ? 'an error' : String(error)];
  }
  return [text, 'a clean end'];
}

async function leave(model) {
  for await (const event of await client.messages.create({ model, ...says('Speak without end.'), stream: true })) {
    if (event.type === 'content_block_delta') return event.delta.text;
  }
}

await run(version('@anthropic-ai/sdk'), [
  chat, stream, stream_helper, tools, tools_streamed, tools_run, object, picture, thoughts, count, models, citations,
  citations_streamed, refusal, refusal_streamed, headers, wrong_key, wrong_model, wrong_request, refused, busy, cut, leave,
]);
