/** What a fault server does, in Java or in a file, and which requests get what. */
@NullMarked
package dev.holdfast.testkit.scenario;

import org.jspecify.annotations.NullMarked;
