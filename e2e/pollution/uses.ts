/**
 * The members of the platform that mailslot's own code uses during a journey, as `page/record.js` finds them in
 * Chromium. A test compares this list with the build.
 */
export const USES: readonly string[] = `
AbortSignal.timeout
Array.isArray
Array.prototype.@@iterator
Array.prototype.at
Array.prototype.filter
Array.prototype.forEach
Array.prototype.map
Array.prototype.push
Array.prototype.sort
Array.prototype.toString
Crypto.prototype.getRandomValues
Date.now
Date.prototype.toISOString
Document.prototype.currentScript
Document.prototype.hidden
Document.prototype.prerendering
Event.prototype.type
EventTarget.prototype.addEventListener
HTMLElement.prototype.dataset
Headers.prototype.get
IDBDatabase.prototype.close
IDBDatabase.prototype.createObjectStore
IDBDatabase.prototype.transaction
IDBFactory.prototype.deleteDatabase
IDBFactory.prototype.open
IDBKeyRange.bound
IDBKeyRange.lowerBound
IDBKeyRange.upperBound
IDBObjectStore.prototype.count
IDBObjectStore.prototype.delete
IDBObjectStore.prototype.getAll
IDBObjectStore.prototype.getAllKeys
IDBObjectStore.prototype.put
IDBObjectStore.prototype.transaction
IDBRequest.prototype.result
IDBTransaction.prototype.commit
IDBTransaction.prototype.objectStore
Iterator.prototype.@@iterator
JSON.stringify
LockManager.prototype.request
Map.prototype.delete
Map.prototype.has
Map.prototype.keys
Map.prototype.set
Map.prototype.size
Map.prototype.values
Math.max
Math.min
Navigator.prototype.locks
Navigator.prototype.userAgentData
Number
Number.prototype.toString
Object.assign
Object.create
Object.keys
Object.prototype.valueOf
Performance.prototype.now
Promise.prototype.catch
Promise.prototype.finally
Promise.prototype.then
Promise.race
Promise.resolve
RegExp.prototype.test
Response.prototype.headers
Response.prototype.json
Response.prototype.status
Set.prototype.add
Set.prototype.delete
Set.prototype.has
String.prototype.match
String.prototype.padStart
String.prototype.replace
String.prototype.slice
String.prototype.trim
TextEncoder.prototype.encode
TypedArray.prototype.join
TypedArray.prototype.length
clearTimeout
crypto
fetch
indexedDB
navigator
new Date
new Map
new Promise
new Set
new TextEncoder
new Uint32Array
performance
requestIdleCallback
setTimeout
`
  .trim()
  .split('\n');

/** Parts of the language. All other members belong to the browser. */
const LANGUAGE =
  /^(new )?(Object|Array|TypedArray|Uint8Array|Uint32Array|String|Number|Boolean|Symbol|Function|Promise|Map|Set|WeakMap|WeakSet|Date|Math|JSON|RegExp|Error|TypeError|Iterator|Reflect|Proxy|BigInt|isNaN|parseInt)\b/;

export const browserUses = USES.filter((path) => !LANGUAGE.test(path));
