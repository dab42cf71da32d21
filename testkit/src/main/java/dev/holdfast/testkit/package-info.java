/**
 * Faults as values, scripted models, the faulty link, the fault server and virtual time. Everything
 * but {@link dev.holdfast.testkit.FaultServer} is pure: one seed gives the same bytes at the same
 * times.
 */
@NullMarked
package dev.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
