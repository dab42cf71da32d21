/** What is known of clients that break, held against the runs that show it. */
@NullMarked
package dev.holdfast.observe.debug.clients;

import org.jspecify.annotations.NullMarked;
