export type Language = 'zh' | 'en'

/** What the page says. */
export const words = {
  title: { zh: '记录校验', en: 'Check a record' },
  lead: {
    zh: '核对值守导出的记录是否被改动过。文件只在这台设备上读取，不会发送到任何地方。',
    en: 'Checks whether a record exported by Zhishou is as it was made. The file is read on this device alone and goes nowhere.',
  },
  choose: { zh: '选择文件', en: 'Choose a file' },
  drop: {
    zh: '或把文件拖到这里：检查包（zip）、JSON、CSV、PDF、XLSX',
    en: 'or drop it here: an inspector pack (zip), JSON, CSV, PDF or XLSX',
  },
  reading: { zh: '正在核对…', en: 'Checking…' },
  good: { zh: '与导出时完全一致', en: 'As it was made' },
  goodMore: { zh: '没有一处被改动、增加、删除或调换。', en: 'Nothing was altered, put in, taken out or moved.' },
  bad: { zh: '与导出时不符', en: 'Not as it was made' },
  key: { zh: '签名密钥的指纹', en: 'Fingerprint of the key that signed' },
  compare: {
    zh: '请与单位张贴的指纹逐字核对。指纹不同，就不是这家单位的网关签的。',
    en: 'Compare it with the sheet posted at the site, character by character. Where it differs, another machine has signed.',
  },
  unsigned: { zh: '没有可用的签名', en: 'There is no valid signature' },
  files: { zh: '包里的文件', en: 'Files of the pack' },
  looked: { zh: '已核对', en: 'Looked at' },
  made: { zh: '导出', en: 'Exported' },
  head: { zh: '签名时日志的条数', en: 'Journal entries when it was signed' },
  failed: { zh: '这个文件读不出来：', en: 'This file cannot be read: ' },
  other: { zh: '再核对一个文件', en: 'Check another file' },
  count: {
    rows: { zh: '行', en: 'rows' },
    bytes: { zh: '字节', en: 'bytes' },
    files: { zh: '个文件', en: 'files' },
    entries: { zh: '条日志', en: 'journal entries' },
    readings: { zh: '个读数', en: 'readings' },
  } as Readonly<Record<string, { readonly zh: string; readonly en: string }>>,
} as const
