/**
 * The members of the platform that mailslot's own code uses during a journey, as `page/record.js` finds them in
 * Chromium. A test compares this list with the build.
 */
export const USES: readonly string[] = `
AbortSignal.timeout
Array.isArray
Array.prototype.concat
Array.prototype.filter
Array.prototype.forEach
Array.prototype.join
Array.prototype.map
Array.prototype.pop
Array.prototype.push
Array.prototype.reverse
Array.prototype.some
Array.prototype.sort
Crypto.prototype.getRandomValues
DOMStringList.prototype.contains
Date.now
Date.prototype.@@toPrimitive
Date.prototype.toISOString
Document.prototype.currentScript
Document.prototype.hidden
Document.prototype.prerendering
Element.prototype.matches
Event.prototype.type
EventTarget.prototype.addEventListener
HTMLElement.prototype.dataset
Headers.prototype.get
IDBDatabase.prototype.close
IDBDatabase.prototype.createObjectStore
IDBDatabase.prototype.objectStoreNames
IDBDatabase.prototype.transaction
IDBFactory.prototype.deleteDatabase
IDBFactory.prototype.open
IDBKeyRange.bound
IDBObjectStore.prototype.delete
IDBObjectStore.prototype.getAll
IDBObjectStore.prototype.getAllKeys
IDBObjectStore.prototype.keyPath
IDBObjectStore.prototype.put
IDBObjectStore.prototype.transaction
IDBRequest.prototype.result
IDBTransaction.prototype.commit
IDBTransaction.prototype.objectStore
Iterator.prototype.@@iterator
JSON.parse
JSON.stringify
LockManager.prototype.request
Map.prototype.delete
Map.prototype.has
Map.prototype.keys
Map.prototype.set
Map.prototype.size
Map.prototype.values
Math.floor
Math.max
Math.min
Navigator.prototype.locks
Navigator.prototype.userAgentData
Number.prototype.toString
Object.assign
Object.create
Object.keys
Object.setPrototypeOf
Performance.prototype.now
Performance.prototype.timeOrigin
Promise.prototype.catch
Promise.prototype.then
Promise.resolve
RegExp
RegExp.prototype.exec
RegExp.prototype.test
Response.prototype.headers
Response.prototype.json
Response.prototype.status
Set.prototype.add
Set.prototype.delete
Set.prototype.has
String.prototype.replace
String.prototype.slice
String.prototype.split
TypedArray.prototype.join
atob
clearTimeout
crypto
encodeURIComponent
fetch
indexedDB
navigator
new Date
new Map
new Promise
new Set
new Uint32Array
parseInt
performance
requestIdleCallback
sessionStorage
setTimeout
unescape
`
  .trim()
  .split('\n');

/** Parts of the language. All other members belong to the browser. */
const LANGUAGE =
  /^(new )?(Object|Array|TypedArray|Uint8Array|Uint32Array|String|Number|Boolean|Symbol|Function|Promise|Map|Set|WeakMap|WeakSet|Date|Math|JSON|RegExp|Error|TypeError|Iterator|Reflect|Proxy|BigInt|isNaN|parseInt)\b/;

export const browserUses = USES.filter((path) => !LANGUAGE.test(path));
