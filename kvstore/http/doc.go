// Package http is the store behind a web server: a key is a path below a base
// URL, its value is what a GET of that URL returns. It can only be read.
//
// Laws:
//
//  1. Missing is what a server says is: 404, or an answer without content (204).
//     Everything else that is not the value is an error; 401 and 403 wrap
//     fs.ErrPermission. A redirect is not followed: what is at its end may be a
//     page for people. The error says where it leads.
//  2. A strong ETag is a generation, and so is a Last-Modified that is old enough
//     to be one (RFC 9110, 8.8.2.2): revalidating sends it, and 304 means
//     Unchanged. What has neither gets a generation that is never Unchanged; as a
//     condition it is compared with what the answer says.
//  3. Stamp.Time is the moment before the request was sent, less the Age that a
//     cache on the way says the answer has. Clocks of servers are not trusted.
//  4. A bound goes to the caches on the way as Cache-Control: no-cache, or the
//     max-age that is still good enough.
//  5. A server that ignores a byte range is an error: a shard can be larger than
//     memory.
//  6. One token of http_request_concurrency is held from the request to the end
//     of its body, never while waiting to try again.
//  7. What may pass (no connection, 408, 429, 5xx, a body that ends early or
//     stalls) wraps kvstore.ErrTemporary; kvstore.Retry tries it again. A host
//     that has never answered is not waited for.
//  8. Headers and queries may be secrets: no message and no identity shows them.
package http
