/** What the operator decides, as records that cannot be wrong, and what models can do, as data. */
@NullMarked
package dev.holdfast.core.policy;

import org.jspecify.annotations.NullMarked;
