/** A canteen with people, a roster and a robot, for the page that edits the site. */
export const siteText = `# the school's own file
site: { id: greenhill, name: { zh: 青山小学, en: Greenhill School }, policies: [canteen] }
people:
  wang: { name: { zh: 王芳, en: Wang Fang }, phone: '13800000000', roles: [食堂主管] } # has the key
  zhao: { name: { zh: 赵铁柱, en: Zhao Tiezhu }, account: zhao }
duty:
  rosters:
    guard:
      name: { zh: 门卫, en: Guard }
      shifts: { day: '07:30-19:30', night: '19:30-07:30' }
      from: 2026-09-01
      rotation: [{ day: zhao, night: wang }, { day: wang, night: zhao }]
channels:
  robot: { kind: dingtalk, url: 'https://oapi.dingtalk.com/robot/send?access_token=9f8e7d6c', secret: 'SEC-5f4e3d2c', name: { zh: 食堂群, en: Canteen group } }
connections:
  push: { protocol: http }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      # here from the beginning
      cold-1:
        type: fresh-keeping-cabinet
        name: { zh: 1 号保鲜柜, en: Fresh-keeping cabinet 1 }
        connection: push
        facts: { holds: cooked, serial: BX-2207 }
        points: { temperature: {}, door: {} }
      cold-2:
        type: fresh-keeping-cabinet
        name: { zh: 2 号保鲜柜, en: Fresh-keeping cabinet 2 }
        connection: push
        facts: { holds: raw, serial: BX-2208 }
        points: { temperature: {} } # no history
`
