/** Seeded simulation of whole streams in virtual time: real engine, real dialects, no socket. */
@NullMarked
package dev.holdfast.blackbox.sim;

import org.jspecify.annotations.NullMarked;
