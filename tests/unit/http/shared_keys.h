#pragma once
// Two RSA key pairs. Making one takes long, so all tests of a process share them.

#include "http/auth/signing_key.h"

namespace millrace {

inline const RsaKeyPair& first_keys() {
  static const RsaKeyPair keys = generate_key_pair();
  return keys;
}
inline const RsaKeyPair& second_keys() {
  static const RsaKeyPair keys = generate_key_pair();
  return keys;
}

}  // namespace millrace
