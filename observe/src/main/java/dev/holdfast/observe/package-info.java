/** What streams do, as numbers: metrics, health reports, and the server that shows them. */
@NullMarked
package dev.holdfast.observe;

import org.jspecify.annotations.NullMarked;
