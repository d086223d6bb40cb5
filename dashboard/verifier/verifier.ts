import type { Bytes, Verdict } from '../../gateway/evidence/verdict.ts'
import { verifyFile } from '../../gateway/evidence/verify.ts'
import { browserProving } from './proving.ts'
import { words } from './words.ts'
import type { Language } from './words.ts'

type Shown =
  | { readonly is: 'nothing' }
  | { readonly is: 'reading'; readonly name: string }
  | { readonly is: 'done'; readonly verdict: Verdict }
  | { readonly is: 'failed'; readonly why: string }

const input = document.querySelector<HTMLInputElement>('#file') as HTMLInputElement
const place = document.querySelector<HTMLElement>('#result') as HTMLElement
const zone = document.querySelector<HTMLElement>('#drop') as HTMLElement
const toggle = document.querySelector<HTMLButtonElement>('#language') as HTMLButtonElement

let language: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
let shown: Shown = { is: 'nothing' }

/** A file of the browser's, read a piece at a time. */
const bytesOf = (file: Blob): Bytes => ({
  size: file.size,
  async *read(from = 0, to = file.size) {
    const step = 1024 * 1024
    for (let at = from; at < Math.min(to, file.size); at += step)
      yield new Uint8Array(await file.slice(at, Math.min(at + step, to, file.size)).arrayBuffer())
  },
})

async function check(file: File): Promise<void> {
  show({ is: 'reading', name: file.name })
  try {
    show({
      is: 'done',
      verdict: await verifyFile(file.name, bytesOf(file), { proving: browserProving, key: undefined, heads: [] }),
    })
  } catch (error) {
    show({ is: 'failed', why: error instanceof Error ? error.message : String(error) })
  }
}

function show(now: Shown): void {
  shown = now
  draw()
}

function element(tag: string, name: string, ...inside: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag)
  if (name !== '') made.className = name
  made.append(...inside)
  return made
}

function draw(): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = `${words.title[language]} · Zhishou 值守`
  for (const one of document.querySelectorAll<HTMLElement>('[data-words]')) {
    const text = words[one.dataset['words'] as 'title']
    one.textContent = text[language]
  }
  toggle.textContent = language === 'zh' ? 'English' : '中文'
  zone.classList.toggle('small', shown.is === 'done')
  if (shown.is === 'nothing') place.replaceChildren()
  else if (shown.is === 'reading') place.replaceChildren(element('p', 'reading', `${words.reading[language]} ${shown.name}`))
  else if (shown.is === 'failed')
    place.replaceChildren(element('section', 'verdict bad', element('p', '', words.failed[language] + shown.why)))
  else place.replaceChildren(...resultOf(shown.verdict))
}

function resultOf({ name, finding, fingerprint, members, counts, proof, head, notes }: Verdict): HTMLElement[] {
  const mark = element('span', 'mark', finding ? '✗' : '✓')
  mark.setAttribute('aria-hidden', 'true')
  const title = element('h2', '', mark, finding ? words.bad[language] : words.good[language])
  const more = finding ? element('p', 'finding', finding.say[language]) : element('p', '', words.goodMore[language])
  const parts = [element('section', finding ? 'verdict bad' : 'verdict good', title, element('p', 'name', name), more)]
  const key =
    fingerprint === undefined
      ? element('section', 'key', element('h3', '', words.unsigned[language]))
      : element(
          'section',
          'key',
          element('h3', '', words.key[language]),
          element('p', 'fingerprint', fingerprint),
          element('p', '', words.compare[language]),
        )
  parts.push(key)
  const facts: (readonly [string, string])[] = []
  const looked = Object.entries(counts).flatMap(([kind, count]) =>
    count > 0 ? [`${count.toLocaleString(language)} ${words.count[kind]?.[language] ?? kind}`] : [],
  )
  if (looked.length > 0) facts.push([words.looked[language], looked.join(language === 'zh' ? '、' : ', ')])
  if (proof) facts.push([words.made[language], `${told(proof.madeAt)} · ${proof.by}`])
  if (head) facts.push([words.head[language], `${head.size.toLocaleString(language)} · ${told(head.at)}`])
  if (facts.length > 0)
    parts.push(element('dl', 'facts', ...facts.flatMap(([label, text]) => [element('dt', '', label), element('dd', '', text)])))
  for (const note of notes) parts.push(element('p', 'note', note[language]))
  if (members.length > 0) {
    const rows = members.map(member =>
      element(
        'li',
        member.finding ? 'bad' : 'good',
        element('span', 'mark', member.finding ? '✗ ' : '✓ '),
        member.name,
        ...(member.finding ? [element('span', 'why', `: ${member.finding.say[language]}`)] : []),
      ),
    )
    parts.push(element('section', 'members', element('h3', '', words.files[language]), element('ul', '', ...rows)))
  }
  return parts
}

const told = (at: number): string => new Date(at).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB', { timeZoneName: 'short' })

input.addEventListener('change', () => {
  const [file] = input.files ?? []
  if (file) void check(file)
  input.value = ''
})
toggle.addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh'
  draw()
})
for (const kind of ['dragenter', 'dragover'] as const)
  document.addEventListener(kind, event => {
    event.preventDefault()
    zone.classList.add('over')
  })
document.addEventListener('dragleave', event => {
  if (event.relatedTarget === null) zone.classList.remove('over')
})
document.addEventListener('drop', event => {
  event.preventDefault()
  zone.classList.remove('over')
  const [file] = event.dataTransfer?.files ?? []
  if (file) void check(file)
})
draw()
