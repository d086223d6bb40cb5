import { mount } from 'svelte'
import App from './App.svelte'
import './tokens.css'
import './base.css'
import { Desk } from './desk.svelte.ts'
import { Words } from './words/words.svelte.ts'
import { noteScanned } from './live/rounds/begin.ts'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')

void open(target)

/** Not awaited above: what is loaded on the way may stand in one file with this, and that file is ready only when this has ended. */
async function open(place: HTMLElement): Promise<void> {
  const [words] = await Promise.all([Words.ofBrowser(), noteScanned()])
  const desk = new Desk(words)
  // What the page said until now.
  place.replaceChildren()
  mount(App, { target: place, props: { desk } })
  await desk.start()
}
