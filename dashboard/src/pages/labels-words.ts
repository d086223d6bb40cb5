/** The words of sheets of labels; loaded with them alone. */
import type { Language } from '../words/say.ts'

const zh = {
  title: '设备标签',
  lead: '贴在设备上，用手机一扫就打开这台设备的页面。',
  area: '区域',
  all: '全部区域',
  count: (n: number) => `${n} 张`,
  more: (left: number) => `还有 ${left} 张，正在画…`,
  hint: '剪下来贴在设备上。手机自带的相机也能扫；扫不出时，在“扫码”里输入编号。',
  noAddress: '没有网址，手机自带的相机扫不开，要在“扫码”里扫：在站点文件里写 server.publicUrl。',
  onlyHere:
    '标签里的网址只在这台电脑上有效，手机自带的相机打不开。请在站点文件里写 server.publicUrl，或用手机能打开的网址打开本页再打印。',
  print: '打印',
  code: '扫不出时输入',
  none: '这里没有设备。',
  gone: '没有取到标签，请检查网络后再试。',
  back: '设备列表',
}

type LabelsWords = typeof zh

const en: LabelsWords = {
  title: 'Labels for equipment',
  lead: 'Put on the equipment, they open its page on any phone that scans them.',
  area: 'Area',
  all: 'All areas',
  count: n => `${n} ${n === 1 ? 'label' : 'labels'}`,
  more: left => `${left} more are being drawn…`,
  hint: "Cut them out and put them on the equipment. The phone's own camera reads them, too; where one is scratched, type its name under Scan.",
  noAddress:
    "There is no address in them, so the phone's own camera cannot open them and the page Scan must be used: write server.publicUrl into the site file.",
  onlyHere:
    "The address in these labels is good on this computer only; a phone's own camera cannot open it. Write server.publicUrl into the site file, or open this page by an address that phones reach, and print then.",
  print: 'Print',
  code: 'If it cannot be scanned, type',
  none: 'There is no equipment here.',
  gone: 'The labels could not be fetched. Look at the network and try again.',
  back: 'Equipment',
}

export const labelsWords: Readonly<Record<Language, LabelsWords>> = { zh, en }
