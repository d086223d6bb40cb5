/** What the terms on the pages mean, each in a sentence or two; loaded with the pages that use them. */
import type { Language } from '../words/say.ts'

export interface Term {
  readonly name: string
  readonly means: string
}

const zh = {
  explain: (term: string) => `什么是“${term}”`,
  shut: '关闭',
  more: '全部术语',
  terms: {
    delay: {
      name: '延时与等级',
      means:
        '异常要连续满这么久才报警，开一下门不会吵人；等级决定先叫谁、多久没人应答再叫别人。只管叫人，不影响记录：记录按限值逐条判断，没有延时。',
    },
    deadband: {
      name: '回差',
      means: '报警以后，要回到限值以内这么多才算恢复。没有回差，数值在限值上下晃一晃就会反复报警。',
    },
    shelve: {
      name: '搁置',
      means: '知道了、正在处理，先别再叫人。要写理由，有时限，到时间自己回来；记录照常写。燃气和烟雾报警不能搁置。',
    },
    quiet: {
      name: '停用与抑制',
      means:
        '停用：设备或传感器不用了，要写明理由和替代办法。抑制：另一件事已经说明了原因（如整条线路断了），系统不再逐条叫人。两种都不会消失，列在这里。',
    },
    chattering: {
      name: '抖动',
      means: '一分钟内同一条报警响了三次以上，多半是数值正好在限值上，或接线松了。安静下来以前只叫一次。',
    },
    latched: {
      name: '待复位',
      means: '事情要紧，恢复了也不自动了结：要有人到场看过，按“复位”才算完。',
    },
    escalation: { name: '升级', means: '叫了一个人，到时间没有应答，就叫下一个人或上一级。' },
    late: { name: '补报', means: '设备或网络离线期间的读数后来补传，才发现当时超了限。按当时的时间记，只汇总通知一次。' },
    basis: {
      name: '依据',
      means:
        '这个数从哪里来。制度规定：本单位制度写的。公开标准：国标、行标写的。默认设定：两处都没写，取的常用值，可以改。“未核实”是还没有人对照过原文。',
    },
    quality: {
      name: '质量',
      means:
        '这个数能不能信。存疑：设备自己说不准。失效：读不到或明显不对。过期：太久没有新数。失效和过期的数不算超限，也不算恢复，记录里写成缺口。',
    },
    gap: {
      name: '数据完整与缺口',
      means:
        '应有的读数收到了多少。缺口是没有可信读数的一段，写明原因（设备没应答、断电、网络断）；缺口既不算合格，也不算不合格。',
    },
    coverage: {
      name: '制度有没有人管',
      means:
        '每条制度是否有规则看着。违反：现在就超。未知：看它的设备没有消息，不能当作合格。无人管：没有设备归它看，要靠人检查或补装传感器。',
    },
    backtest: {
      name: '试算',
      means: '用过去三十天存下的读数，把改过的规则从头算一遍，看会多报几次、少报几次。只算不写，什么记录都不动。',
    },
    hold: {
      name: '连续保温',
      means: '消毒温度要不间断地保持够时间才算一次合格；中途掉下来要重新计。提前开门也会写明。',
    },
    sweep: {
      name: '一轮用时',
      means: '把这条线路上的测点全部读一遍要多久，后面是计划多久读一遍。用时接近计划，线路就快满了；漏掉的轮数也写在后面。',
    },
    proof: {
      name: '校验',
      means: '日志一条扣一条地签了名，少一条、改一个字都能查出来。检查包里带着校验页，不用联网就能打开核对。',
    },
    duty: { name: '到期事项', means: '制度要求按时做的事（投药、巡查、校准）。快到期会提醒，错过会写明。' },
  },
}
export type TermWords = typeof zh
export type TermId = keyof TermWords['terms']

const en: TermWords = {
  explain: term => `What is “${term}”`,
  shut: 'Close',
  more: 'All terms',
  terms: {
    delay: {
      name: 'Delay and priority',
      means:
        'Something must be abnormal for this long before it calls anybody, so that opening a door does not. The priority decides who is called first and when the next one is. This is about calling people alone: the record is judged against the limit at once.',
    },
    deadband: {
      name: 'Deadband',
      means:
        'Once alarmed, the value must come back inside the limit by this much to count as recovered. Without it a value that hovers at its limit would alarm again and again.',
    },
    shelve: {
      name: 'Shelve',
      means:
        'Known and being seen to: call nobody for now. It needs a reason, has an end and comes back by itself; records go on. Gas and smoke alarms cannot be shelved.',
    },
    quiet: {
      name: 'Out of service and suppressed',
      means:
        'Out of service: not used for now, with a reason and what replaces it. Suppressed: something else explains it already, such as a whole line that is down. Neither is lost; they stand in this list.',
    },
    chattering: {
      name: 'Chattering',
      means:
        'The same alarm more than three times in a minute: most often a value right at its limit, or a loose wire. It calls once until it calms down.',
    },
    latched: {
      name: 'To be reset',
      means: 'Too grave to end by itself: somebody has to look at it on the spot and press “Reset”.',
    },
    escalation: { name: 'Escalation', means: 'Somebody was called and did not answer in time, so the next person is called.' },
    late: {
      name: 'Found late',
      means:
        'Readings of a time offline came in afterwards and were beyond a limit. They are written down with their own time and told once, together.',
    },
    basis: {
      name: 'Basis',
      means:
        'Where a number comes from. House rule: written in this site’s policy. Public standard: in a national or industry standard. Default: written in neither, a usual value that may be changed. “Not verified”: nobody has compared it with the original yet.',
    },
    quality: {
      name: 'Quality',
      means:
        'Whether a number can be trusted. Uncertain: the device itself is not sure. Bad: unreadable or plainly wrong. Stale: nothing new for too long. Bad and stale values neither break a limit nor recover; the record shows a gap.',
    },
    gap: {
      name: 'Completeness and gaps',
      means:
        'How many of the expected readings came. A gap is a time without a trustworthy one, with its cause (device silent, no power, network down); it counts neither as conforming nor as not.',
    },
    coverage: {
      name: 'Is a clause watched',
      means:
        'Whether rules watch each clause. Broken: beyond its limit now. Unknown: what watches it is silent, which is not “kept”. Unwatched: no equipment here answers for it; people have to check, or a sensor is missing.',
    },
    backtest: {
      name: 'Back-test',
      means:
        'The changed rules judge the stored readings of the last thirty days again, to show how many alarms more or fewer. It only counts: no record is touched.',
    },
    hold: {
      name: 'Held',
      means:
        'A disinfection counts once its temperature was kept long enough without a break; a drop begins it anew. A door opened early is written down.',
    },
    sweep: {
      name: 'Time of a sweep',
      means:
        'How long it takes to read every point of this line once, and how often that is planned. When the two come close the line is nearly full; missed sweeps stand behind it.',
    },
    proof: {
      name: 'Proof',
      means:
        'Entries are chained and signed, so that one removed or a letter changed is found. An inspection pack has its own verifier, which opens without a network.',
    },
    duty: {
      name: 'Duty',
      means:
        'What a policy wants done in time: dosing, rounds, calibration. It is announced before it is due and written down when missed.',
    },
  },
}

export const termWords: Readonly<Record<Language, TermWords>> = { zh, en }

/** What a term is called in one language, for whoever reads it in another beside his own. */
export const termName = (term: TermId, language: Language): string => termWords[language].terms[term].name
