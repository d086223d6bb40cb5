import { mount } from 'svelte'
import '../../../../dashboard/src/tokens.css'
import '../../../../dashboard/src/base.css'
import Charts from './Charts.svelte'

mount(Charts, { target: document.body })
