export declare const gatewayHeap: readonly string[]
export declare const gatewayMalloc: Readonly<Record<string, string>>
