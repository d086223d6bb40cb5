import { mount } from 'svelte'
import App from './App.svelte'
import './tokens.css'
import './base.css'
import { Desk } from './desk.svelte.ts'
import { Words } from './words/words.svelte.ts'
import { noteScanned } from './live/rounds/begin.ts'

/** No `await` outside of a function here: what is loaded meanwhile shares this very file, and each would wait for the other for ever. */
async function begin(target: HTMLElement): Promise<void> {
  const [words] = await Promise.all([Words.ofBrowser(), noteScanned()])
  const desk = new Desk(words)
  target.replaceChildren()
  mount(App, { target, props: { desk } })
  await desk.start()
}

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
void begin(target)
