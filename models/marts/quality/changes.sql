with

changes as (

    select * from {{ ref('audit_changes') }}

)

select * from changes
