"""The study platform's services: one image, its role by argument. Built on `studyruntime`, on nothing else of ours."""
