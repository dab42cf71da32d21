/**
 * Protection of outputs and inputs: redaction of secrets in every output, and the check of the host
 * that a request names. Decision 0014 has the reasons.
 */
@NullMarked
package dev.holdfast.core.guard;

import org.jspecify.annotations.NullMarked;
