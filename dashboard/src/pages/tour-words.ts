/** The words of the guided tour; loaded with it alone. */
import type { Step } from '../live/tour/steps.ts'
import type { Language } from '../words/say.ts'

export interface StepWords {
  readonly title: string
  readonly text: string
  /** Where what it speaks of is not there now. */
  readonly none?: string
}

const zh = {
  name: '导览',
  offer: '第一次来？五分钟导览，在这个演示里走一遍：看懂画面、处理一条报警、打出一份台账。',
  begin: '开始导览',
  notNow: '不用了',
  later: '以后想看，在“账户”或“我”里的“帮助”。',
  progress: (n: number, of: number) => `第 ${n} 步，共 ${of} 步`,
  next: '下一步',
  back: '上一步',
  finish: '走完了',
  leave: '先到这里',
  show: '去看看',
  toIt: '到高亮处',
  keys: '键盘：F6 在这里与高亮处之间来回，Esc 先到这里。',
  away: '您离开了这一步的页面。',
  none: '这一步要看的东西，这一页上现在没有。可以直接往下走。',
  mayNot: '您的账户没有这项权限，所以看不到这一步的内容；有权限的同事能看到。',
  open: '让它报警一次',
  opened: (name: string) => `${name}的门已经“开”了（只在演示里）。按演示的快慢，半分钟左右就会报警，卡片会出现在这里。`,
  openFailed: '没能让演示设备开门。可以到设备页的“演示故障”里试。',
  openHint: (name: string) => `要亲手处理一条，可以让演示里的${name}开着门。`,
  steps: {
    all: {
      title: '第一行就是答案',
      text: '“都好吗？”看这一行就够了：没事写“一切正常”，有事就写几项需要处理。画面平时几乎没有颜色，颜色只用在需要人的地方。',
    },
    state: {
      title: '颜色、形状、文字说同一件事',
      text: '每台设备一块。横条是量程，深一点的一段是制度允许的范围，竖线是现在的值。不正常时块会变大、排到最前，并写明状态：',
    },
    call: {
      title: '需要处理的卡片',
      text: '一句话说清哪台设备、现在多少、超过什么、多久了；下面是照哪条制度、该通知谁、怎么办。最急的排第一。',
      none: '现在没有报警，这正是平常的样子，所以没有卡片可看。',
    },
    why: {
      title: '为什么响：依据在这里',
      text: '每条报警都写明条款、原文和出处，以及限值是制度规定、公开标准还是默认设定。点条款编号就到制度原文。检查的人问“凭什么”，答案在这里。',
      none: '现在没有报警可看。有报警时，点开它就能看到条款、原文和限值的出处。',
    },
    answer: {
      title: '告诉大家：我看到了',
      text: '按“确认”，写一句说明（可不写）。谁、什么时候、说了什么，立刻写进日志，以后改不了。修的时候可以“搁置”：到时间它自己回来。',
      none: '现在没有等人确认的报警。有的时候，“确认”就在报警的第一行下面，也在总览的卡片上。',
    },
    equipment: {
      title: '这台设备今天怎么样',
      text: '上面是现在的值和允许的范围，再往下是曲线：带上限、带缺口、带原因。同一页还有它的报警、制度和记录。',
    },
    records: {
      title: '上个月的台账',
      text: '下面就是将要打印的那一页，所见即所印。PDF、Excel、CSV 在这里拿；有缺口会写明原因。演示刚开始时上月还没有数据，页面会照实写。',
    },
    purpose: {
      title: '按用途看',
      text: '投药、消毒、抄表、消防器材各有一页。这里是水箱：投药周期走到第几天、还剩几天，到点提醒，登记完自动算下一次。',
      none: '这里没有要投药的水箱。消毒、抄表和消防器材在上面的页签里。',
    },
    rounds: {
      title: '巡查',
      text: '手机扫检查点上的码，逐点登记；没有网络也能走完，回来自动送出。哪一圈该走了、走到哪了、漏了没有，都在卡片上。',
      none: '这个站点没有巡查路线。管理员可以在站点设置里加。',
    },
    policies: {
      title: '制度，一条一条都有人看',
      text: '每条制度写明：现在符合还是违反、由哪些设备的哪些规则看着、最近一次结论。没人看的条款也会列出来，不会漏。',
    },
    site: {
      title: '改设置，先看差异',
      text: '把限值改一下试试：不写入就什么都不会变，演示里只能试、不能写。底下会出现“查看更改”：逐行的差异，还会用过去三十天的数据算一遍，多报还是少报一目了然。',
    },
    help: {
      title: '帮助一直在这里',
      text: '术语、快捷键、颜色的意思都在这一页，导览也随时可以再来。页面上带“?”的小按钮，点一下就有一句解释。走完了，谢谢！',
    },
  } satisfies Record<Step['id'], StepWords> as Record<Step['id'], StepWords>,
}
export type TourWords = typeof zh

const en: TourWords = {
  name: 'Guided tour',
  offer: 'Here for the first time? Five minutes through this demo: read the picture, answer an alarm, print a log.',
  begin: 'Begin the tour',
  notNow: 'No, thanks',
  later: 'Later it is under “Help”, in the account menu or under “Me”.',
  progress: (n, of) => `Step ${n} of ${of}`,
  next: 'Next',
  back: 'Back',
  finish: 'Done',
  leave: 'Leave for now',
  show: 'Take me there',
  toIt: 'Go to it',
  keys: 'Keyboard: F6 goes between here and what is shown, Esc leaves for now.',
  away: 'You have left the page of this step.',
  none: 'What this step speaks of is not on this page now. You can simply go on.',
  mayNot: 'Your account may not see this; colleagues with the right do.',
  open: 'Make one happen',
  opened: name =>
    `The door of ${name} is “open” now, in the demo only. At the demo’s pace its alarm comes in about half a minute, and its card appears here.`,
  openFailed: 'The demo’s door could not be opened. Try “Demo faults” on an equipment’s page.',
  openHint: name => `To answer one yourself, leave the door of ${name} open in the demo.`,
  steps: {
    all: {
      title: 'The first line is the answer',
      text: '“Is everything all right?” This line is enough: it says that all is well, or how many things need somebody. The picture has hardly any colour; colour is spent only where a person is needed.',
    },
    state: {
      title: 'Colour, shape and word say the same',
      text: 'Each equipment is one tile. The bar is its scale, the darker part what the policy allows, the line the value now. What is abnormal grows, moves to the front and says its state:',
    },
    call: {
      title: 'A card that needs you',
      text: 'One sentence says which equipment, what value, beyond what, for how long; below it the clause, whom to tell and what to do. The most urgent comes first.',
      none: 'Nothing alarms now, which is how it should be; so there is no card to look at.',
    },
    why: {
      title: 'Why it alarms: the basis',
      text: 'Every alarm names its clause, the wording and where it is written, and whether the limit is a house rule, a public standard or a default. The clause’s number leads to the policy. When an inspector asks “by what rule?”, this is the answer.',
      none: 'There is no alarm to look at now. When there is one, it opens to its clause, the wording and where the limit comes from.',
    },
    answer: {
      title: 'Say that you have seen it',
      text: 'Press “Acknowledge” and write a word if you like. Who, when and what goes into the journal at once and cannot be changed later. While you repair, “Shelve” it: it comes back by itself.',
      none: 'No alarm waits for an answer now. When one does, “Acknowledge” is right below its first line, and on its card in the overview.',
    },
    equipment: {
      title: 'How this equipment was today',
      text: 'The value now and what is allowed; below it the curve, with limits, gaps and their causes. Its alarms, policies and records are on the same page.',
    },
    records: {
      title: 'The log of last month',
      text: 'Below is the very page that will be printed. PDF, Excel and CSV are here; every gap says why. A demo that has just begun has no data of last month yet, and the page says so.',
    },
    purpose: {
      title: 'Views by purpose',
      text: 'Dosing, disinfection, meters and fire equipment each have a page. These are the tanks: which day of the dosing cycle, how many are left, a reminder when it is due, and the next one counted from what is written down.',
      none: 'No tank here is dosed. Disinfection, meters and fire equipment are in the tabs above.',
    },
    rounds: {
      title: 'Rounds',
      text: 'Scan the code at a check-point with a phone and mark it; it works without network and is sent later. Which round is due, how far it has been walked and what was missed is on its card.',
      none: 'This site has no rounds. An administrator can add them in the site settings.',
    },
    policies: {
      title: 'Every clause has its watch',
      text: 'Each clause says whether it is kept or broken, which rules of which equipment watch it, and the last verdict. A clause nobody watches is listed too, so none is forgotten.',
    },
    site: {
      title: 'Change a setting, see the difference first',
      text: 'Try another limit: nothing changes until you write it, and in the demo you can only try. “Review changes” appears below: the difference line by line, and what the last thirty days would have raised with it, more or less than now.',
    },
    help: {
      title: 'Help is always here',
      text: 'Terms, keys and what colours mean are on this page, and so is the tour whenever you like. The small “?” buttons on the pages explain a term in a sentence. That was all, thank you!',
    },
  },
}

export const tourWords: Readonly<Record<Language, TourWords>> = { zh, en }
