package io.dstm.api.management;

import java.util.Collection;
import java.util.Optional;

/** What a person may do, at every door alike; each role may do what those before it may. */
public enum Role {
    /** Reads. */
    VIEWER("viewer", "viewer"),
    /** Also acts on leases and TEPs; Karaf's own groups call such a person a manager. */
    OPERATOR("operator", "manager"),
    /** Also changes configuration and people. */
    ADMIN("admin", "admin");

    private final String word;
    private final String alias;

    Role(String word, String alias) {
        this.word = word;
        this.alias = alias;
    }

    /** The highest role among those that a realm gave; empty if none of them opens a door. */
    public static Optional<Role> highest(Collection<String> given) {
        Role highest = null;
        for (Role role : values()) {
            if (given.contains(role.word) || given.contains(role.alias)) {
                highest = role;
            }
        }
        return Optional.ofNullable(highest);
    }

    /** Whether this role includes {@code other}. */
    public boolean includes(Role other) {
        return compareTo(other) >= 0;
    }

    /** As it is written outside. */
    public String word() {
        return word;
    }
}
