/** What the vocabulary folds and what the tables say. */
@NullMarked
package dev.holdfast.core.policy;

import org.jspecify.annotations.NullMarked;
