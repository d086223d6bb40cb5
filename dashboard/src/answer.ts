import { mount } from 'svelte'
import Answer from './pages/Answer.svelte'
import './tokens.css'
import './base.css'
import { Words } from './words/words.svelte.ts'
import { placeOf } from './router.svelte.ts'

// The page behind the link of a message: a page of its own, so that a phone with one bar of reception loads next to nothing.
const target = document.getElementById('app')
const place = placeOf(location.pathname)
if (target && place.page === 'answer') mount(Answer, { target, props: { id: place.id, words: await Words.ofBrowser() } })
