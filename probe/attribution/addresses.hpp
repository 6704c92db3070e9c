// One name, several addresses: whether they behave alike, and which one does not.
#pragma once

#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

/// Compares the upgrade at each other address (experiments of kind other_address) with the step it repeats, and says in
/// the verdict which addresses behave differently: another outcome, status, close code or author, another certificate.
/// Where the step itself was accepted and another address does not accept, the verdict becomes that address's: a
/// service that fails at one of its addresses is not healthy.
void name_addresses(const Input& input, Attribution& attribution);

}  // namespace wsprobe::attribution
