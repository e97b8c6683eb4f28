#pragma once
// An e-mail made of an object (RFC 5322, 2045 to 2047, 2231). Pure.
//
//   {"from": "Ann <ann@acme.example>", "to": ["bob@acme.example", {"name": "Zoë", "email": "zoe@acme.example"}],
//    "cc": ..., "bcc": ..., "replyTo": ..., "subject": "Grüße", "text": "...", "html": "<p>...</p>",
//    "attachments": [file objects], "headers": {"In-Reply-To": "<id@acme.example>"}}
//
// Recipients are one text with commas, or a list of texts and objects. `text` and `html` together are two
// versions of one content. Everything but headers is base64, so no content can end its part; a header that
// holds a line break or another control character is refused, so none can bring another one along. `Date` and
// `Message-ID` are left to whoever sends it.

#include "runtime/requests/composed_body.h"

namespace millrace {

/// `member` empty: the message itself, as message/rfc822. Else `body` is a JSON object in whose member of that
/// name the message stands, and takes its place as base64url (Gmail's `raw`). Errors: type_mismatch,
/// invalid_parameters (an address or header that is none, no recipient), invalid_file. They name no value.
Result<ComposedBody> mail_body(const Json& body, const std::string& member);

}  // namespace millrace
