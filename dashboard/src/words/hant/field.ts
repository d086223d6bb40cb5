/**
 * Words that Hong Kong says otherwise than with the same characters, and phrases whose characters OpenCC cannot tell apart. Simplified as
 * we write it, Traditional as it is shown; they come before OpenCC's own phrases.
 */
export const field: Readonly<Record<string, string>> = {
  // An alarm: `報警` is a call to the police.
  报警: '告警',
  登录: '登入',
  退出登录: '登出',
  用户名: '用户名稱',
  质量: '質素',
  站点文件: '站點檔案',
  现场文件: '現場檔案',
  导出文件: '匯出檔案',
  导出: '匯出',
  默认: '預設',
  设置: '設定',
  支持: '支援',
  搜索: '搜尋',
  链接: '連結',
  菜单: '選單',
  屏幕: '螢幕',
  主屏幕: '主畫面',
  信息: '資訊',
  短信: '短訊',
  程序: '程式',
  服务器: '伺服器',
  传感器: '感應器',
  摄像头: '鏡頭',
  实时: '即時',
  字节: '位元組',
  端口: '連接埠',
  联系: '聯絡',
  添加: '加入',
  // To sign, not a slip of paper; an answer, not an echo.
  签成: '簽成',
  再签: '再簽',
  有回音: '有回音',
  并发送: '並發送',
}
