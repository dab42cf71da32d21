/** The operator's decisions, as validated records, and the abilities of models, as data. */
@NullMarked
package dev.holdfast.core.policy;

import org.jspecify.annotations.NullMarked;
