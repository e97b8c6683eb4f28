#pragma once
// Does a delivery come from whom its webhook expects? Whatever is compared with a secret is compared in
// constant time. Pure.

#include "runtime/digests/public_key.h"
#include "runtime/webhooks/delivery.h"

#include <functional>

namespace millrace {

/// Errors: unauthorized, with what is wrong (for the project's event log, not for the caller); those of
/// `secrets`. A timestamp that is too old, or too far ahead, is unauthorized as well.
/// `keys`: a public key of those that are published at the URL; errors as for FindPublicKey. Of a CodeCheck
/// nothing is said: whoever can wait for code asks it.
using PublishedKeys = std::function<Result<SharedPublicKey>(
    const std::string& url, const std::string& id, const std::string& algorithm)>;
Outcome verify_delivery(const Webhook& webhook, const RawDelivery& raw, const DeliveryParts& parts,
                        const std::vector<Json>& events, const SecretSource& secrets, Instant now,
                        const PublishedKeys& keys = {});

/// Puts masks in the place of what proved the delivery, where that is a secret itself: deliveries are
/// stored with the runs that they start, secrets are not.
void mask_proof(const Webhook& webhook, DeliveryParts& parts, std::vector<Json>& events);

}  // namespace millrace
