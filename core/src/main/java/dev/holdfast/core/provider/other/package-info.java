/** Protocols of one provider each, too small for packages of their own. */
@NullMarked
package dev.holdfast.core.provider.other;

import org.jspecify.annotations.NullMarked;
