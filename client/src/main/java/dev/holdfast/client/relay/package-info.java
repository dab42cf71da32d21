/**
 * The body that heals, for code that owns its HTTP client: the first response's bytes as they came,
 * then what continues them, as one well-formed body.
 */
@NullMarked
package dev.holdfast.client.relay;

import org.jspecify.annotations.NullMarked;
