// Package signing reads and writes Django's signed texts: what
// django.core.signing.dumps and loads do for sessions, and what Signer does for
// plain values.
//
// A signed payload looks like this:
//
//	payload ":" timestamp ":" signature
//
//	payload    base64 (URL alphabet, no padding) of the bytes; with a leading "."
//	           if they are a zlib stream
//	timestamp  seconds since 1970 in base 62
//	signature  base64 of HMAC-SHA-256 over payload ":" timestamp, under the key
//	           SHA-256(salt + "signer" + SECRET_KEY)
//
// The salt keeps texts for one purpose from being used for another. Signed is not
// encrypted: whoever has the text can read it.
//
// The format is that of Django 3.1 and later with SHA-256. The older formats, with
// SHA-1, are not read, as in Django 4.0 and later.
package signing
