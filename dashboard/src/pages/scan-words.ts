/** The words of scanning; loaded with it alone. */
import type { CameraFault } from '../live/scan/camera.ts'
import type { Language } from '../words/say.ts'

/** What it is, and why it is not taken and what to do. */
interface Notice {
  readonly title: string
  readonly advice: string
}

const zh = {
  title: '扫码',
  lead: '扫设备或巡查点上的标签',
  aim: '对准标签上的二维码',
  starting: '正在打开摄像头…',
  lightOn: '开手电',
  lightOff: '关手电',
  again: '再试一次',
  another: '扫另一张',
  photo: '拍照识别',
  reading: '正在看照片…',
  code: '扫不了就输入编码',
  codeHint: '设备标签上的编号，如 cold-1；巡查点的 8 位编码，如 7F3K-9QPM',
  go: '打开',
  insist: '照样记下',
  rounds: '去巡查',
  list: '设备列表',
  here: (site: string) => `本站点：${site}`,
  camera: {
    insecure: {
      title: '网页用不了摄像头',
      advice:
        '这一页是用 http 打开的，浏览器只在 https 下开放摄像头。请点“拍照识别”拍一张标签，或输入编码；要直接扫，请管理员给网关配上 https。',
    },
    none: { title: '没有找到摄像头', advice: '这台设备没有摄像头，或浏览器看不到它。请换手机扫，或输入编码。' },
    refused: {
      title: '浏览器没有得到摄像头的许可',
      advice: '请在浏览器的网站设置里把摄像头改为允许，再点“再试一次”。现在也可以拍照识别，或输入编码。',
    },
    busy: { title: '摄像头正被占用', advice: '请关掉正在用摄像头的应用，再点“再试一次”。现在也可以输入编码。' },
    'no-reader': { title: '读码的程序还没有取到', advice: '请连上网关后再试一次。现在可以输入编码。' },
    broken: { title: '摄像头打不开', advice: '请再试一次；还是不行，就拍照识别，或输入编码。' },
  } satisfies Record<CameraFault, Notice>,
  otherSite: (site: string, here: string): Notice => ({
    title: `这是另一个站点（${site}）的标签`,
    advice: `这里是 ${here}，不能看那边的设备。请用那个站点的页面扫；贴错了的，请换上这里打印的标签。`,
  }),
  noEquipment: (id: string): Notice => ({
    title: `本站点没有设备 ${id}`,
    advice: '标签是本站点的，但设备已拆除或改了编号。请撕下旧标签；新的在设备列表里打印。',
  }),
  address: (host: string): Notice => ({
    title: `这是 ${host} 的网址，不是值守的标签`,
    advice: '为了安全没有打开它。值守的标签上印有设备编号或 8 位编码，请扫那一张。',
  }),
  ownAddress: {
    title: '这是本网关的网址，但不是标签',
    advice: '值守的标签上印有设备编号或 8 位编码，请扫那一张，或输入编码。',
  },
  text: (text: string): Notice => ({
    title: '这不是值守的标签',
    advice: `二维码里写的是“${text}”。值守的标签上印有设备编号或 8 位编码，请扫那一张，或输入编码。`,
  }),
  nothing: (text: string): Notice => ({
    title: `没有“${text}”这个编码`,
    advice: '请照着标签核对：设备的是编号，如 cold-1；巡查点的是 8 位字母和数字，如 7F3K-9QPM。',
  }),
  unknownPoint: (code: string): Notice => ({
    title: `巡查清单里没有编码 ${code}`,
    advice: '可能是旧标签，或别的站点的标签，所以没有记下。核对无误的，可以照样记下，由网关判断。',
  }),
  foreignPoint: (code: string, host: string): Notice => ({
    title: `巡查清单里没有编码 ${code}`,
    advice: `标签上的网址是 ${host}，多半是另一个站点的，所以没有记下。确是这里的，可以照样记下，由网关判断。`,
  }),
  mayNot: {
    title: '这是巡查点的标签',
    advice: '您的账户只能看，不能记巡查，所以没有记下。请换有记录权限的账户登录。',
  },
  later: (id: string): Notice => ({
    title: `这是设备 ${id} 的标签`,
    advice: '现在连不上网关，看不到设备的数据。连上后自动打开，请不要关掉这一页。',
  }),
  noCode: {
    title: '照片里没有读到二维码',
    advice: '请靠近一些、拍正、避开反光，再拍一张；或输入编码。',
  },
  noPhoto: {
    title: '这张照片打不开',
    advice: '请重新拍一张，或输入编码。',
  },
}

export type ScanWords = typeof zh

const en: ScanWords = {
  title: 'Scan',
  lead: 'The label on equipment or at a check-point',
  aim: 'Point it at the QR code of the label',
  starting: 'Opening the camera…',
  lightOn: 'Lamp on',
  lightOff: 'Lamp off',
  again: 'Try again',
  another: 'Scan another one',
  photo: 'Take a photo of it',
  reading: 'Looking at the photo…',
  code: 'Or type what the label says',
  codeHint: 'The name on the label of equipment, like cold-1; the eight characters of a check-point, like 7F3K-9QPM',
  go: 'Open',
  insist: 'Note it down all the same',
  rounds: 'To the rounds',
  list: 'Equipment',
  here: site => `This site: ${site}`,
  camera: {
    insecure: {
      title: 'The page cannot use the camera',
      advice:
        'It was opened by http, and browsers let a page use the camera by https only. Take a photo of the label, or type what it says; to scan directly, ask the administrator for https.',
    },
    none: {
      title: 'No camera was found',
      advice: 'This device has none, or the browser cannot see it. Scan with a phone, or type what the label says.',
    },
    refused: {
      title: 'The browser was not allowed to use the camera',
      advice:
        'Allow the camera in the settings of the browser for this site and try again. Meanwhile take a photo, or type what the label says.',
    },
    busy: {
      title: 'Something else is using the camera',
      advice: 'Close the app that uses it and try again. Meanwhile type what the label says.',
    },
    'no-reader': {
      title: 'The part that reads codes could not be fetched',
      advice: 'Try again when the gateway can be reached. Meanwhile type what the label says.',
    },
    broken: {
      title: 'The camera cannot be opened',
      advice: 'Try again; if it stays so, take a photo, or type what the label says.',
    },
  },
  otherSite: (site, here) => ({
    title: `This label belongs to another site (${site})`,
    advice: `This is ${here}, and equipment of the other one cannot be seen here. Scan it on the page of that site; if it hangs in the wrong place, print a label here.`,
  }),
  noEquipment: id => ({
    title: `This site has no equipment ${id}`,
    advice:
      'The label is of this site, and the equipment was taken away or renamed. Take the label off; new ones are printed from the list of equipment.',
  }),
  address: host => ({
    title: `This is an address at ${host} and no label of ours`,
    advice: 'To be safe it was not opened. Our labels say the name of the equipment or eight characters: scan that one.',
  }),
  ownAddress: {
    title: 'This is an address of this gateway and no label',
    advice: 'Our labels say the name of the equipment or eight characters: scan that one, or type what it says.',
  },
  text: text => ({
    title: 'This is no label of ours',
    advice: `The code says “${text}”. Our labels say the name of the equipment or eight characters: scan that one, or type what it says.`,
  }),
  nothing: text => ({
    title: `Nothing here is called “${text}”`,
    advice: 'Compare it with the label: equipment has a name like cold-1, a check-point eight letters and digits like 7F3K-9QPM.',
  }),
  unknownPoint: code => ({
    title: `No check-point in the list has the code ${code}`,
    advice:
      'It may be an old label or one of another site, so nothing was noted down. If it is right, note it down all the same and the gateway will judge.',
  }),
  foreignPoint: (code, host) => ({
    title: `No check-point in the list has the code ${code}`,
    advice: `The address on the label is ${host}, so it is probably of another site and nothing was noted down. If it is of this one, note it down all the same and the gateway will judge.`,
  }),
  mayNot: {
    title: 'This is the label of a check-point',
    advice: 'Your account may look and not note down rounds, so nothing was noted down. Sign in with one that may record.',
  },
  later: id => ({
    title: `This is the label of ${id}`,
    advice:
      'The gateway cannot be reached now, so there is nothing to show of it. The page opens by itself when it can; leave this one open.',
  }),
  noCode: {
    title: 'No code could be read in the photo',
    advice: 'Take another one, closer, straight and without glare; or type what the label says.',
  },
  noPhoto: {
    title: 'This photo cannot be opened',
    advice: 'Take another one, or type what the label says.',
  },
}

export const scanWords: Readonly<Record<Language, ScanWords>> = { zh, en }
export type { Notice }
