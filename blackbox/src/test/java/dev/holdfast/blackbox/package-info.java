/** Tests that need more than one module: architecture, shapes of the API, documentation. */
@NullMarked
package dev.holdfast.blackbox;

import org.jspecify.annotations.NullMarked;
