package io.dstm.console.internal.access;

import io.dstm.api.management.Role;
import java.util.Optional;

/**
 * Somebody whose password was right.
 *
 * @param name the name in the realm
 * @param role what they may do here; empty for people of the realm without a role for this door
 */
public record Person(String name, Optional<Role> role) {

    /** Whether this person may do what {@code needed} may. */
    public boolean may(Role needed) {
        return role.filter(own -> own.includes(needed)).isPresent();
    }
}
