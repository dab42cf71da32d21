/** A scripted model: what it answers, and how it continues a partial answer. */
@NullMarked
package dev.holdfast.testkit.model;

import org.jspecify.annotations.NullMarked;
