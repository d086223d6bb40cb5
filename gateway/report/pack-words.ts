import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { fingerprintOf, publicKeyOf } from '../evidence/signed.ts'
import type { SigningKey } from '../evidence/signed.ts'
import { isoInZone } from '../zone.ts'
import type { Export } from './seal.ts'

/** What lies in an inspector pack and how to check it without us. In both languages: who opens it is not who asked for it. */
export function readMe(
  names: readonly Words[],
  { site, from, to, madeAt, by, export: id, head }: Export,
  key: SigningKey | undefined,
): string {
  const utc = (at: number): string => isoInZone(at as Instant, 'UTC')
  const fingerprint = key ? fingerprintOf(publicKeyOf(key)) : '— (未签名 / not signed)'
  const journal = head ? `${head.size}, ${head.root}` : '—'
  return `值守 检查包 / Zhishou inspector pack
====================================

单位 site          ${site}
时段 period        ${utc(from)} … ${utc(to)} (UTC, 不含终点 / end not included)
导出 exported      ${utc(madeAt)}, ${by}
导出编号 number    ${id}
密钥指纹 key       ${fingerprint}
日志 journal       ${journal}
记录 logs          ${names.map(({ zh, en }) => `${zh} / ${en}`).join('; ')}

包里有什么
----------
* 每种记录一个文件夹，内容相同的四个文件：PDF（打印、签字）、XLSX（Excel、WPS）、CSV、JSON（全部原始内容，供程序读取）。
* evidence 文件夹（如有）：日志条目、读数及其证明。
* 照片 文件夹（如有）：记录所附照片，文件名就是照片的 SHA-256。
* verifier.html（如有）：不联网的核对工具。
* manifest.json：以上全部文件的名称、大小和 SHA-256，由网关签名。

不依靠我们怎样核对
------------------
1. 把密钥指纹与单位张贴的指纹对照。
2. 用浏览器打开 verifier.html（不需要网络），把整个压缩包拖进去；它会说出第一处被改动、缺少或多出的记录。
3. 或者：解压后用 sha256sum（Windows：certutil -hashfile 文件 SHA256）计算任一文件，与 manifest.json 对照。
   签名是 Ed25519（RFC 8032），签的是去掉 signature 一项后的规范 JSON（RFC 8785）。
4. 或者：在任何装有值守的电脑上运行 zhishou verify 本压缩包。

What is in it
-------------
* One folder a log with four files of the same content: PDF (to print and sign), XLSX (Excel, WPS), CSV, and JSON (everything, for programs).
* The folder evidence, where there is one: entries of the journal, readings, and their proofs.
* The folder photos, where there is one: pictures that belong to records; each is named by its SHA-256.
* verifier.html, where there is one: checks all of it without a network.
* manifest.json: name, size and SHA-256 of all of these files, signed by the gateway.

How to check it without us
--------------------------
1. Compare the key's fingerprint with the one posted at the site.
2. Open verifier.html in a browser (no network needed) and drop the whole archive on it: it names the first record that was altered, is
   missing or was added.
3. Or: unpack it, run sha256sum on any file (Windows: certutil -hashfile FILE SHA256) and compare with manifest.json. The signature is
   Ed25519 (RFC 8032) over the canonical JSON (RFC 8785) of everything but the member signature.
4. Or: run zhishou verify on the archive, on any computer that has it.
`.replaceAll('\n', '\r\n')
}
